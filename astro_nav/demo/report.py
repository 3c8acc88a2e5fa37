"""The end of a run: `summary.json`, the table, the figures."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from astro_nav.demo.drive_log import (
    MEASURED_DURATIONS,
    DriveLog,
    DurationStatistics,
    GapStatistics,
    GoalRecord,
    compute_gap_statistics,
    measure_length,
)
from astro_nav.demo.goals import Goal
from astro_nav.demo.processes import UsageMeter
from astro_nav.launching.process_spec import ProcessEnd
from astro_nav.params.demo import TargetParams

STACK_NODES = ("global_planner", "local_planner", "safety_controller")
MEGABYTE = 1e6


@dataclass(frozen=True)
class RunReport:
    """What is reported about a run.

    Attributes:
        log: what happened.
        goals: of the whole tour, also those that were not driven to.
        ends: how each process ended and what it used, with the clean-up.
        meter: CPU share and memory of the processes while the robot drove.
        interrupted: whether a signal ended the run.
        description: what was driven: world, map, seed, arguments.
        machine, versions: on what.
        recording: folder of the recording, "" when there is none.
    """

    log: DriveLog
    goals: list[Goal]
    ends: list[ProcessEnd]
    meter: UsageMeter
    interrupted: bool
    description: dict[str, Any]
    machine: dict[str, Any]
    versions: dict[str, str]
    recording: str

    @property
    def goals_reached(self) -> int:
        return sum(record.answer == "reached" for record in self.log.goals)

    @property
    def success(self) -> bool:
        """All goals were reached without contact, and nothing went wrong."""
        return self.cause == ""

    @property
    def cause(self) -> str:
        """Why the run is no success, in one sentence; "" for a success."""
        if self.interrupted:
            return "interrupted"
        if self.log.cause:
            return self.log.cause
        for index, record in enumerate(self.log.goals, start=1):
            if record.answer != "reached":
                return f"goal {index} {record.goal} was not reached: {record.answer or 'the run ended on the way to it'}"
        if self.goals_reached < len(self.goals):
            return f"{len(self.goals) - self.goals_reached} of {len(self.goals)} goals were not driven to"
        if self.log.contacts:
            return f"{len(self.log.contacts)} contact{'s' * (len(self.log.contacts) > 1)}, first at {self.log.contacts[0]}"
        return next((f"{end.sentence}" for end in self.ends if end.failed), "")

    @property
    def cpu_percent(self) -> float:
        """Share of one core that the three nodes took together while the robot drove."""
        return sum(self.meter.compute_cpu_percent(name) for name in STACK_NODES)

    @property
    def memory_mb(self) -> float:
        """Sum of the three nodes' peak resident memory."""
        return sum(self.meter.get_peak_memory_bytes(name) for name in STACK_NODES) / MEGABYTE


def make_summary(report: RunReport) -> dict[str, Any]:
    """Return the content of `summary.json`; numbers that are not known are null."""
    log = report.log
    summary = {
        "success": report.success,
        "cause": report.cause,
        "goals_total": len(report.goals),
        "goals_reached": report.goals_reached,
        "contacts": len(log.contacts),
        "contacts_by_robot": sum(contact.by_robot for contact in log.contacts),
        "min_clearance_m": log.min_clearance_m,
        "duration_s": log.duration_s,
        "path_length_m": measure_length(log.truth),
        "realtime_factor": log.realtime_factor,
        "local_planner_period": _summarise_gaps(compute_gap_statistics(log.planner.gaps_s)),
        "cmd_vel_gap": _summarise_gaps(compute_gap_statistics(log.command.gaps_s)),
        **{name: asdict(log.durations.get(name, DurationStatistics())) for name in MEASURED_DURATIONS},
        "nodes_cpu_percent": report.cpu_percent,
        "nodes_peak_memory_mb": report.memory_mb,
        "goals": [_summarise_goal(index, record) for index, record in enumerate(log.goals, start=1)],
        "contact_list": [
            {"time_s": c.stamp_s, "kind": c.kind, "name": c.name, "by_robot": c.by_robot, "speed_mps": c.speed_mps,
             "position_map": [float(value) for value in c.position_map]}
            for c in log.contacts
        ],
        "processes": [_summarise_process(end, report.meter) for end in report.ends],
        "warnings": log.warnings,
        "recording": report.recording,
        **report.description,
        "machine": report.machine,
        "versions": report.versions,
    }  # fmt: skip
    return _replace_nan(summary)


def write_summary(summary: dict[str, Any], path: Path) -> None:
    """Write `summary.json` in one step, so that nobody reads half of it."""
    fresh = path.with_suffix(".json.tmp")
    fresh.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    fresh.replace(path)


def print_report(report: RunReport, target: TargetParams, console: Console) -> None:
    """Print the table of goals, the measured figures beside their targets, and the verdict."""
    console.print(make_goal_table(report))
    console.print(make_figure_table(report, target))
    for contact in report.log.contacts:
        console.print(f"contact at {contact}", markup=False, style="red", soft_wrap=True)
    if report.success:
        console.print(f"success: all {len(report.goals)} goals reached without contact", style="bold green")
    else:
        console.print(f"no success: {report.cause}", style="bold red", markup=False, soft_wrap=True)


def make_goal_table(report: RunReport) -> Table:
    """One row per goal."""
    table = Table(title=report.description.get("title", "tour"), title_justify="left")
    table.add_column("goal", justify="right")
    table.add_column(escape("x [m], y [m], yaw [rad]"))
    for heading in ("time [s]", "way [m]", "clearance [m]", "error [m]", "error [rad]", "contacts"):
        table.add_column(escape(heading), justify="right")
    table.add_column("result")
    for index, goal in enumerate(report.goals):
        if index >= len(report.log.goals):
            table.add_row(str(index + 1), escape(str(goal)), *["-"] * 6, "not driven to")
            continue
        record = report.log.goals[index]
        table.add_row(
            str(index + 1),
            escape(str(goal)),
            _format(record.duration_s, 1),
            _format(record.path_length_m, 2),
            _format(record.min_clearance_m, 2),
            _format(record.position_error_m, 3),
            _format(record.heading_error_rad, 3),
            str(_count_contacts(report.log, record)),
            escape((record.answer or "on the way") + (f" ({record.note})" if record.note else "")),
        )
    return table


def make_figure_table(report: RunReport, target: TargetParams) -> Table:
    """Measured figures, each beside what it should be."""
    planner = compute_gap_statistics(report.log.planner.gaps_s)
    command = compute_gap_statistics(report.log.command.gaps_s)
    answer, step = (report.log.durations.get(name, DurationStatistics()) for name in MEASURED_DURATIONS)
    table = Table(title="measured while driving", title_justify="left")
    table.add_column("figure")
    for heading in ("measured", "target"):
        table.add_column(escape(heading), justify="right")
    table.add_column("")
    rows = [
        ("local planner period, p50 / p99 [ms]", _format_gaps(planner), target.planner_period_p99_s * 1e3, planner.p99_s * 1e3),
        ("cmd_vel gap, p50 / p99 [ms]", _format_gaps(command), target.command_gap_p99_s * 1e3, command.p99_s * 1e3),
        ("scan in to command out, p50 / p99 [ms]", _format_gaps(answer), target.scan_to_command_p99_s * 1e3, answer.p99_s * 1e3),
        ("safety step with its message, p50 / p99 [ms]", _format_gaps(step), target.safety_step_p99_s * 1e3, step.p99_s * 1e3),
        ("three nodes, share of one core [%]", _format(report.cpu_percent, 1), target.cpu_percent, report.cpu_percent),
        ("three nodes, peak memory [MB]", _format(report.memory_mb, 0), target.memory_mb, report.memory_mb),
    ]
    for name, measured, bound, value in rows:
        met = value <= bound
        verdict = "" if met else "not measured" if math.isnan(value) else "missed"
        table.add_row(escape(name), measured, f"<= {bound:g}", verdict, style="" if met else "yellow")
    table.add_row("simulated time per real time", _format(report.log.realtime_factor, 2), "1", "")
    return table


def _summarise_goal(index: int, record: GoalRecord) -> dict[str, Any]:
    return {
        "goal": index,
        "name": record.goal.name,
        "pose_map": [record.goal.x_m, record.goal.y_m, record.goal.yaw_rad],
        "reached": record.answer == "reached",
        "answer": record.answer or "on the way when the run ended",
        "error_code": record.error_code,
        "duration_s": record.duration_s,
        "path_length_m": record.path_length_m,
        "min_clearance_m": record.min_clearance_m,
        "position_error_m": record.position_error_m,
        "heading_error_rad": record.heading_error_rad,
        "note": record.note,
    }


def _summarise_process(end: ProcessEnd, meter: UsageMeter) -> dict[str, Any]:
    peak_bytes = end.usage.peak_memory_bytes
    return {
        "name": end.name,
        "pid": end.pid,
        "exit_code": end.exit_code,
        "end": end.sentence,
        "cpu_s": end.usage.cpu_s,
        "peak_memory_mb": peak_bytes / MEGABYTE,
        "wall_s": end.usage.wall_s,
        "cpu_percent_while_driving": meter.compute_cpu_percent(end.name),
    }


def _summarise_gaps(gaps: GapStatistics) -> dict[str, Any]:
    return {"count": gaps.count, "p50_s": gaps.p50_s, "p99_s": gaps.p99_s, "max_s": gaps.max_s}


def _count_contacts(log: DriveLog, record: GoalRecord) -> int:
    end_s = math.inf if math.isnan(record.ended_s) else record.ended_s
    return sum(record.started_s <= contact.stamp_s <= end_s for contact in log.contacts)


def _format(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _format_gaps(gaps: GapStatistics | DurationStatistics) -> str:
    return f"{_format(gaps.p50_s * 1e3, 1)} / {_format(gaps.p99_s * 1e3, 1)}"


def _replace_nan(value: Any) -> Any:
    """JSON has neither NaN nor infinity."""
    if isinstance(value, dict):
        return {key: _replace_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return round(value, 6) if isinstance(value, float) else value
