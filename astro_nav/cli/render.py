"""Draw an episode: where the robot drove, what it saw, what it considered, and what it says about it.

  astro-nav render homes:1000003                          a picture of one episode
  astro-nav render homes:1000003:dwa --gif                an animation, with another planner
  astro-nav render runs/evaluate/homes_astro              the worst episode of a run
  astro-nav render runs/evaluate/homes_astro --seed 1000007 --at 12.5
  astro-nav render people:1000003 --out people.mp4 --from 5 --to 15 --speed 0.5

EPISODE is SUITE:SEED[:PLANNER], or the folder of a run of astro-nav evaluate. The episode is run again, which gives the same motion
as long as code and parameters are the same, and filmed.

Exit code: 0 when the file was written, 2 for input that cannot be used, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from astro_nav.errors import EvaluationError

if TYPE_CHECKING:
    from astro_nav.evaluation.episode import EpisodeName

NAME = "render"
HELP = "make a picture or an animation of an episode"
PICTURE, ANIMATIONS = ".png", (".gif", ".mp4")
WIDTH_IN = 11.8  # of the figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("episode", metavar="EPISODE", help="SUITE:SEED[:PLANNER], or the folder of a run")
    parser.add_argument("--seed", type=int, metavar="N", help="which episode of the run's folder (default: the worst)")
    parser.add_argument("--out", type=Path, metavar="FILE", help=".png, .gif or .mp4 (default: named after the episode)")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--gif", action="store_true", help="an animation that plays everywhere")
    kind.add_argument("--mp4", action="store_true", help="an animation of better quality; needs ffmpeg")
    kind.add_argument("--at", type=_parse_time, metavar="S", help="a picture of this time [s] of the episode, with a large close-up")
    parser.add_argument("--from", type=_parse_time, default=0.0, dest="begin_s", metavar="S", help="the animation begins here [s]")
    parser.add_argument("--to", type=_parse_time, default=math.inf, dest="end_s", metavar="S", help="and ends here [s]")
    parser.add_argument("--fps", type=_parse_rate, default=10.0, metavar="N", help="pictures for a second of simulated time, up to 10")
    parser.add_argument("--speed", type=_parse_rate, default=1.0, metavar="X", help="play so many times faster than real")
    parser.add_argument("--width", type=_parse_width, metavar="PIXELS", help="of the picture (default: 1180, of a GIF 900)")
    parser.add_argument("--fast", action="store_true", help="small and coarse, for a quick look: 5 pictures a second, 640 pixels wide")
    parser.add_argument("--no-candidates", action="store_true", help="leave the compared trajectories out")
    parser.add_argument(
        "--set", nargs="+", action="extend", default=[], dest="settings", metavar="KEY=VALUE",
        help="other parameters than the shipped ones, or than the run's",
    )  # fmt: skip
    parser.add_argument("--maps", type=Path, metavar="FOLDER", help="map_server maps, for the suite homes")


def run(args: argparse.Namespace) -> int:
    """Find the episode, run it again, draw it."""
    # Imported here: astro-nav --help must not pay for it.
    from astro_nav.evaluation.reports.filming import entitle_episode, film_episode, make_loop

    name = _find_episode(args)
    out = _choose_file(args, name)
    is_movie = out.suffix in ANIMATIONS
    if out.suffix == ".mp4":
        from astro_nav.visualization.movie_file import find_ffmpeg

        find_ffmpeg()  # rather now than after the episode
    rate = 5.0 if args.fast else args.fps
    span_s = (args.begin_s, args.end_s) if is_movie else (0.0, math.inf)
    print(f"running {entitle_episode(name)} again", flush=True)
    film, record = film_episode(
        make_loop(name), entitle_episode(name), 1.0 / rate if is_movie else 0.1, span_s, 0 if args.no_candidates else 90
    )
    if not film.frames:
        raise EvaluationError(f"the episode is {record.times_s[-1]:.1f} s long: there is nothing from {span_s[0]:g} to {span_s[1]:g} s")
    if args.at is not None and args.at > record.times_s[-1]:
        raise EvaluationError(f"--at {args.at:g}: the episode is {record.times_s[-1]:.1f} s long")
    print(film.outcome)
    _write(args, film, out, rate)
    print(out)
    return 0


def _write(args: argparse.Namespace, film, out: Path, rate: float) -> None:
    from PIL import Image

    from astro_nav.visualization.episode_picture import draw_animation, draw_episode, draw_samples
    from astro_nav.visualization.movie_file import write_movie

    width = args.width or (640 if args.fast else 900 if out.suffix == ".gif" else 1180)
    dots_per_inch = round(width / WIDTH_IN)
    try:
        if out.suffix in ANIMATIONS:
            samples = draw_samples(film, dots_per_inch)
            write_movie(_show_progress(draw_animation(film, dots_per_inch), len(film.frames)), out, rate * args.speed, samples)
        else:
            Image.fromarray(draw_episode(film, args.at, dots_per_inch)).save(out)
    except OSError as error:
        raise EvaluationError(f"{out} cannot be written: {error.strerror or error}") from error


def _show_progress(pictures, count: int):
    """Hand pictures on; on a terminal say how many there were."""
    for number, picture in enumerate(pictures, 1):
        if sys.stderr.isatty():
            print(f"\r{number} of {count} pictures", end="" if number < count else "\n", file=sys.stderr, flush=True)
        yield picture


def _find_episode(args: argparse.Namespace) -> EpisodeName:
    from astro_nav.evaluation.episode import EpisodeName, make_plain
    from astro_nav.evaluation.planners import check_planner
    from astro_nav.evaluation.settings import load_settings, parse_settings
    from astro_nav.evaluation.suites import get_suite

    changes = make_plain(parse_settings(args.settings))
    if Path(args.episode).is_dir() or (":" not in args.episode and "/" in args.episode):
        name = _find_in_run(args, changes)
        load_settings(name.changes)
        return name
    suite, *rest = args.episode.split(":")
    if args.seed is not None:
        rest = [str(args.seed), *rest[1:]]
    if not 1 <= len(rest) <= 2 or not rest[0].isdigit():
        raise EvaluationError(
            f"{args.episode!r} is no episode: write SUITE:SEED or SUITE:SEED:PLANNER, e.g. homes:1000003, or the folder of a run"
        )
    planner = rest[1] if len(rest) == 2 else "astro"
    check_planner(planner)
    get_suite(suite, args.maps)
    load_settings(changes)
    return EpisodeName(suite, int(rest[0]), planner, changes, str(args.maps.resolve()) if args.maps else "")


def _find_in_run(args: argparse.Namespace, changes: dict) -> EpisodeName:
    from dataclasses import replace

    from astro_nav.evaluation.reports.run_reading import describe_row, read_run, sort_worst_first

    run = read_run(Path(args.episode))
    row = sort_worst_first(run.rows)[0]
    name = run.name_episode(row["seed"] if args.seed is None else args.seed)
    if args.seed is None:
        print(f"the worst of {len(run.rows)} episodes, seed {name.seed}: {describe_row(row)}")
    if changed := run.find_changed_since():
        print(f"since that run the {' and the '.join(changed)} changed: what is drawn may differ from what was measured", file=sys.stderr)
    return replace(name, changes={**name.changes, **changes})


def _choose_file(args: argparse.Namespace, name: EpisodeName) -> Path:
    suffix = ".gif" if args.gif else ".mp4" if args.mp4 else None
    moment = "" if args.at is None else f"_{args.at:g}s"
    out = args.out or Path(f"{name.suite}_{name.seed}_{name.planner}{moment}{suffix or PICTURE}")
    if not out.suffix:
        out = out.with_suffix(suffix or PICTURE)
    if out.suffix.lower() not in (PICTURE, *ANIMATIONS):
        raise EvaluationError(f"--out {out}: a picture is a .png, an animation a .gif or an .mp4")
    if suffix and out.suffix != suffix:
        raise EvaluationError(f"--out {out} does not end in {suffix}")
    if args.at is not None and out.suffix in ANIMATIONS:
        raise EvaluationError(f"--at is for a picture, {out} is an animation: use --from and --to")
    if not out.absolute().parent.is_dir():
        raise EvaluationError(f"--out {out}: the folder {out.parent} does not exist")
    return out


def _parse_time(text: str) -> float:
    return _parse_number(text, 0.0, 1e5, "seconds")


def _parse_rate(text: str) -> float:
    return _parse_number(text, 0.1, 10.0, "times")


def _parse_width(text: str) -> int:
    return round(_parse_number(text, 300, 4000, "pixels"))


def _parse_number(text: str, least: float, most: float, unit: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g} {unit}")
    return value
