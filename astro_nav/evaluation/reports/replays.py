"""Runs single episodes of a run again, to show them."""

from __future__ import annotations

import math
import shlex
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from astro_nav.errors import AstroNavError
from astro_nav.evaluation.episode import make_plain
from astro_nav.evaluation.metrics import measure_episode
from astro_nav.evaluation.reports.film_json import make_film_json
from astro_nav.evaluation.reports.filming import entitle_episode, film_episode, make_loop
from astro_nav.evaluation.reports.page import embed_json, embed_picture, make_command
from astro_nav.evaluation.reports.run_reading import Row, Run
from astro_nav.visualization.episode_film import EpisodeFilm
from astro_nav.visualization.episode_picture import draw_episode

PERIOD_S = 0.1
MAX_FRAMES = 600  # longer episodes are filmed more slowly, so that no page becomes huge
COMPARED_KEYS = ("outcome", "simulated_s", "path_length_m", "min_clearance_m", "contacts_by_robot")
DOTS_PER_INCH = 84


@dataclass(frozen=True)
class Replay:
    """An episode that was run again.

    Attributes:
        seed: of the episode.
        why: it is shown.
        film: None when it could not be run again.
        problem: why not, in a first line and more below it, or that it went otherwise than when it was measured; "" when all is well.
    """

    seed: int
    why: str
    film: EpisodeFilm | None
    problem: str = ""


def replay_episodes(run: Run, chosen: Sequence[tuple[int, str]], say: Callable[[str], None]) -> list[Replay]:
    """Run episodes of a run again; one that cannot be does not take the others with it."""
    rows = {row["seed"]: row for row in run.rows}
    replays = []
    for number, (seed, why) in enumerate(chosen, 1):
        say(f"replaying episode {seed} for the report, {number} of {len(chosen)}")
        replays.append(_replay_episode(run, rows[seed], why))
    return replays


def _replay_episode(run: Run, row: Row, why: str) -> Replay:
    name = run.name_episode(row["seed"])
    period_s = PERIOD_S * max(1, math.ceil((row.get("simulated_s") or 0.0) / (MAX_FRAMES * PERIOD_S)))
    try:
        film, record = film_episode(make_loop(name), entitle_episode(name), period_s)
        again = make_plain(measure_episode(record))
    except AstroNavError as error:
        return Replay(row["seed"], why, None, f"it cannot be run again: {error}")
    except Exception:  # an episode that crashed in the run crashes here, too, and the page says how
        problem = traceback.format_exc()
        return Replay(row["seed"], why, None, f"it crashed again: {problem.strip().splitlines()[-1]}\n\n{problem}")
    differing = [key for key in COMPARED_KEYS if key in row and row[key] != again.get(key)]
    problem = ""
    if differing:
        told = ", ".join(f"{key} was {_write_short(row[key])} and is now {_write_short(again.get(key))}" for key in differing)
        problem = f"This replay is not what was measured ({told}): code, parameters or machine are others."
    return Replay(row["seed"], why, film, problem)


def _write_short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def make_pictures(run: Run, replays: Sequence[Replay]) -> str:
    """A picture of every replayed episode with the command that shows it again."""
    figures, shown = [], 0
    for replay in replays:
        command = make_command(f"astro-nav render {shlex.quote(str(run.path))} --seed {replay.seed} --gif")
        caption = f"<strong>Episode {replay.seed}</strong>: {escape(replay.why)}"
        if replay.film is None:
            body = f"<details><summary>{escape(replay.problem.partition(chr(10))[0])}</summary><pre>{escape(replay.problem)}</pre></details>"
        else:
            body = embed_picture(draw_episode(replay.film, dots_per_inch=DOTS_PER_INCH), f"Episode {replay.seed}: {replay.film.outcome}")
            caption += f' · <a href="#replay" data-film="{shown}">play it</a>'
            caption += f'<br><span class="bad">{escape(replay.problem)}</span>' if replay.problem else ""
            shown += 1
        figures.append(f"<figure>{body}<figcaption>{caption}{command}</figcaption></figure>")
    return f'<div class="pictures">{"".join(figures)}</div>'


def make_player(replays: Sequence[Replay]) -> str:
    """The stage on which the replayed episodes are played, and their films."""
    films = [replay.film for replay in replays if replay.film is not None]
    options = "".join(f'<option value="{number}">{escape(film.title)}: {escape(film.outcome)}</option>' for number, film in enumerate(films))
    paces = "".join(f'<option value="{pace}"{" selected" if pace == "1" else ""}>× {pace}</option>' for pace in ("0.25", "0.5", "1", "2", "4"))
    return (
        '<div class="player" id="player"><div class="controls"><label>Episode <select id="film" style="max-width: 62vw">'
        f'{options}</select></label></div><p id="outcome" class="note"></p>'
        '<canvas id="stage" role="img" style="aspect-ratio: 16 / 10" aria-label="the episode"></canvas>'
        '<canvas id="strip" class="strip" aria-hidden="true"></canvas>'
        '<div class="controls"><button type="button" id="play">Play</button>'
        '<input type="range" id="time" min="0" value="0" step="1" aria-label="time in the episode">'
        f'<label>Speed <select id="pace">{paces}</select></label>'
        '<label><input type="checkbox" id="near"> close-up</label><label><input type="checkbox" id="ways" checked> candidates</label></div>'
        '<p class="numbers" id="numbers"></p><p class="says" id="says"></p></div>'
        '<p class="note">The driven way is coloured by speed, from violet (standing) to yellow (full speed). Thin lines are possible motions '
        "that the robot compared, from green (better) to red (worse); the thick line is the chosen one. Filled discs are people as they "
        "really are, rings what the robot believes of them, with the way they will go in a second.</p>"
        + "".join(embed_json(make_film_json(film), "film") for film in films)
    )

