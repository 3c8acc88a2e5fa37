"""Show what the memory of doors is worth: tours through a home whose doors keep to a daily schedule, with and without it.

  astro-nav tours --home 2                           fifty tours over ten days, with each kind of memory
  astro-nav tours --home 2 --tours 10 --memory kept

Memories: none (the robot finds out where it stands before a door), tour (what it sees on one tour), kept (what it saw on all
tours before). Homes and tours are those of the suite `doors`.

Exit code: 0; 2 for what does not exist.
"""

from __future__ import annotations

import argparse

NAME = "tours"
HELP = "show what the memory of doors is worth over tours through a home"
MEMORIES = ("none", "tour", "kept")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--home", type=int, default=0, metavar="N", help="number of the home (default: %(default)s)")
    parser.add_argument("--tours", type=int, default=50, metavar="N", help="how many, from the first on (default: %(default)s)")
    parser.add_argument("--memory", nargs="+", choices=MEMORIES, default=list(MEMORIES), help="which kinds (default: all, side by side)")
    parser.add_argument("--planner", default="astro", metavar="NAME", help="local planner (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Drive, a line per tour."""
    from astro_nav.evaluation.tours import drive_tours

    drives = {memory: drive_tours(args.home, range(args.tours), memory, args.planner) for memory in args.memory}
    driven: dict[str, list] = {memory: [] for memory in args.memory}
    for _ in range(args.tours):
        words = []
        for memory, drive in drives.items():
            tour = next(drive)
            driven[memory].append(tour)
            words.append(f"{memory} {tour.duration_s:6.1f} s {tour.distance_m:6.1f} m{'' if tour.success else ' failed'}")
        print(f"tour {tour.number:2}  {'   '.join(words)}   {'closed: ' + tour.closed if tour.closed else ''}".rstrip(), flush=True)
    for memory, all_tours in driven.items():
        if all_tours:
            mean_s = sum(tour.duration_s for tour in all_tours) / len(all_tours)
            print(f"{memory}: {mean_s:.1f} s in the mean, {sum(tour.success for tour in all_tours)} of {len(all_tours)} tours reached all goals")
    return 0
