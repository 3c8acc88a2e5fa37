"""Show what the memory of doors is worth: tours through homes whose doors keep to a daily schedule, with and without it.

  astro-nav tours --home 2                                     fifty tours over ten days, with each kind of memory
  astro-nav tours --home 8 9 10 11 --drive glide               several homes in minutes
  astro-nav tours --home 2 --tours 10 --memory kept

Memories: none (the robot finds out where it stands before a door), tour (what it sees on one tour), kept (what it saw on all
tours before), told (which doors are closed: the bound; only with --drive glide). Homes and tours are those of the suite
`doors`. A robot that glides has no body and no local planner: its ways, searches and memory are the real ones.

Exit code: 0; 2 for what does not exist.
"""

from __future__ import annotations

import argparse

NAME = "tours"
HELP = "show what the memory of doors is worth over tours through homes"
MEMORIES = ("none", "tour", "kept", "told")
DRIVES = ("full", "glide")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--home", type=int, nargs="+", default=[0], metavar="N", help="numbers of the homes (default: 0)")
    parser.add_argument("--tours", type=int, default=50, metavar="N", help="how many in each, from the first on (default: %(default)s)")
    parser.add_argument("--memory", nargs="+", choices=MEMORIES, help="which kinds (default: all, side by side)")
    parser.add_argument("--drive", choices=DRIVES, default=DRIVES[0], help="with all of the stack, or gliding along ways (default: %(default)s)")
    parser.add_argument("--planner", default="astro", metavar="NAME", help="local planner of a full drive (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Drive, a line per tour."""
    memories = args.memory or [memory for memory in MEMORIES if memory != "told" or args.drive == "glide"]
    driven: dict[str, list] = {memory: [] for memory in memories}
    for home in args.home:
        _drive_home(home, args, driven)
    if len(args.home) > 1:
        print(f"all {len(args.home)} homes:")
        _conclude(driven)
    return 0


def _drive_home(home: int, args: argparse.Namespace, all_driven: dict[str, list]) -> None:
    from astro_nav.evaluation.tours import drive_tours

    drives = {memory: drive_tours(home, range(args.tours), memory, args.planner, {}, args.drive) for memory in all_driven}
    driven: dict[str, list] = {memory: [] for memory in all_driven}
    for _ in range(args.tours):
        words = []
        for memory, drive in drives.items():
            tour = next(drive)
            driven[memory].append(tour)
            words.append(f"{memory} {tour.duration_s:6.1f} s {tour.distance_m:6.1f} m{'' if tour.success else ' failed'}")
        closed = f"closed: {tour.closed}" if tour.closed else ""
        print(f"home {home} tour {tour.number:2}  {'   '.join(words)}   {closed}".rstrip(), flush=True)
    print(f"home {home}:")
    _conclude(driven)
    for memory, tours in driven.items():
        all_driven[memory] += tours


def _conclude(driven: dict[str, list]) -> None:
    """Means, and what the kept memory saves against each other kind."""
    from astro_nav.evaluation.tours import measure_gain

    times = {memory: [tour.duration_s for tour in tours] for memory, tours in driven.items() if tours}
    for memory, durations_s in times.items():
        reached = sum(tour.success for tour in driven[memory])
        print(f"  {memory}: {sum(durations_s) / len(durations_s):.1f} s in the mean, {reached} of {len(durations_s)} tours reached all goals")
    for other in times:
        if "kept" in times and other not in ("kept", "told"):
            gain = measure_gain(times["kept"], times[other])
            print(
                f"  kept against {other}: {gain.mean_s:.1f} s a tour saved ({100.0 * gain.share:.0f} %), "
                f"95 % interval {gain.low_s:.1f} to {gain.high_s:.1f} s, {gain.tours} tours"
            )
