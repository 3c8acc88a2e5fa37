"""What one sees while the robot drives: a panel on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

KEPT_NOTICES = 4


@dataclass(frozen=True)
class PanelState:
    """One moment of the run.

    Attributes:
        phase: what is going on, e.g. "goal 2 of 4, (1.00, 2.00, 0.00) kitchen".
        share_done: of the whole tour, 0 .. 1.
        time_s: simulated time since the first goal.
        distance_left_m, speed_mps, clearance_m: NaN when not known.
        max_speed_mps: of the robot.
        candidates, feasible: in the newest cycle of the local planner.
        cycle_s, period_s: of that cycle.
        realtime_factor: as the simulator says.
        reason: why the robot is slow or stands, "" when nothing limits it.
    """

    phase: str
    share_done: float = 0.0
    time_s: float = 0.0
    distance_left_m: float = math.nan
    speed_mps: float = math.nan
    clearance_m: float = math.nan
    max_speed_mps: float = 1.0
    candidates: int = 0
    feasible: int = 0
    cycle_s: float = math.nan
    period_s: float = math.nan
    realtime_factor: float = math.nan
    reason: str = ""


def format_number(value: float, pattern: str) -> str:
    """Format a number, a dash for NaN; what is rounded to zero has no sign."""
    if math.isnan(value):
        return "-"
    text = pattern.format(value)
    return pattern.format(abs(value)) if not any(digit in text for digit in "123456789") else text


def format_status_line(state: PanelState) -> str:
    """One moment in one line; what is not known yet is left out."""
    words = [state.phase]
    for value, pattern in (
        (state.distance_left_m, "{:.1f} m left"),
        (state.speed_mps, "{:.2f} m/s"),
        (state.clearance_m, "clearance {:.2f} m"),
        (float(state.candidates) if state.candidates else math.nan, "{:.0f} candidates"),
        (1e3 * state.cycle_s, "cycle {:.1f} ms"),
    ):
        if not math.isnan(value):
            words.append(format_number(value, pattern))
    if state.reason:
        words.append(state.reason)
    return " | ".join(words)


def draw_panel(state: PanelState, notices: list[str]) -> Panel:
    """One moment as a panel."""
    table = Table.grid(padding=(0, 2), expand=True)
    for _ in range(3):
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(ratio=1, no_wrap=True)
    table.add_row(
        "distance left", format_number(state.distance_left_m, "{:.1f} m"),
        "candidates", f"{state.candidates}, {state.feasible} feasible",
        "real time", format_number(state.realtime_factor, "x {:.2f}"),
    )  # fmt: skip
    table.add_row(
        "clearance", format_number(state.clearance_m, "{:.2f} m"),
        "cycle", f"{format_number(1e3 * state.cycle_s, '{:.1f}')} ms of {format_number(1e3 * state.period_s, '{:.0f}')} ms",
        "time", f"{state.time_s:.0f} s",
    )  # fmt: skip
    speed = 0.0 if math.isnan(state.speed_mps) else abs(state.speed_mps)
    bars = Table.grid(padding=(0, 2), expand=True)
    bars.add_column(justify="right", style="dim", no_wrap=True)
    bars.add_column(ratio=1)
    bars.add_column(justify="right", no_wrap=True, min_width=9)
    bars.add_row("tour", ProgressBar(total=1.0, completed=state.share_done), f"{100.0 * state.share_done:.0f} %")
    bars.add_row("speed", ProgressBar(total=state.max_speed_mps, completed=speed), format_number(state.speed_mps, "{:.2f} m/s"))
    body = Table.grid(expand=True)
    body.add_column()
    for part in (bars, table, Text(state.reason or "nothing limits the speed", style="yellow" if state.reason else "green")):
        body.add_row(part)
    for notice in notices[-KEPT_NOTICES:]:
        body.add_row(Text(notice, style="dim", overflow="ellipsis", no_wrap=True))
    return Panel(body, title=f"[bold]{state.phase}", title_align="left", border_style="cyan")


class Display:
    """A live panel on a terminal; elsewhere plain lines, one every so often.

    Args:
        rate_hz: how often the panel is drawn.
        status_period_s: time between two plain lines.
        use_panel: None decides by whether `output` is a terminal.
        output: where to write.
    """

    def __init__(
        self, rate_hz: float, status_period_s: float, use_panel: bool | None = None, output: TextIO = sys.stdout
    ) -> None:
        self._console = Console(file=output, highlight=False, force_terminal=use_panel)
        is_panel = self._console.is_terminal
        self._period_s = 1.0 / rate_hz if is_panel else status_period_s
        self._live = Live(console=self._console, auto_refresh=False, transient=True) if is_panel else None
        self._notices: list[str] = []
        self._due_s = -math.inf
        self._phase = ""

    def __enter__(self) -> Display:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, sentence: str) -> None:
        """Print a sentence that stays."""
        self._console.print(sentence, markup=False, soft_wrap=True)

    def note(self, sentence: str) -> None:
        """Show a sentence of minor interest; only the newest few are seen, and only in a panel."""
        self._notices = [*self._notices, sentence][-KEPT_NOTICES:]

    def show(self, state: PanelState, steady_s: float) -> None:
        """Show a moment, if it is time for it or something new begins; `steady_s` is monotonic."""
        if steady_s < self._due_s and state.phase == self._phase:
            return
        self._due_s, self._phase = steady_s + self._period_s, state.phase
        if self._live is not None:
            self._live.update(draw_panel(state, self._notices), refresh=True)
        else:
            self._console.print(format_status_line(state), markup=False, soft_wrap=True)
