"""The whole benchmark: sections in order, progress, result."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.bench import candidates, cycles, distance_fields, memory, plans, searches
from astro_nav.evaluation.bench.measure import Group, Row, find_fastest_peer, measure_group
from astro_nav.evaluation.bench.optional import list_versions
from astro_nav.evaluation.bench.recording import record_drive
from astro_nav.params.schema import describe_unknown

SECTIONS = ("candidates", "cycle", "distance", "search", "plan", "safety", "tracker", "memory")

Progress = Callable[[str], None]


def run_bench(only: str | None, budget_s: float, progress: Progress) -> tuple[list[Row], list[str]]:
    """Measure.

    Args:
        only: one of `SECTIONS`; None for all.
        budget_s: about how long every group of contenders is measured.
        progress: told what is measured next.

    Returns:
        rows, and peers that are not installed.

    Raises:
        EvaluationError: for an unknown section.
    """
    if only is not None and only not in SECTIONS:
        raise EvaluationError(f"{describe_unknown(only, SECTIONS)} (sections: {', '.join(SECTIONS)})")
    rows: list[Row] = []
    absent: set[str] = set()
    for found, missing in _list_measurements(only, budget_s, progress):
        rows += found
        absent.update(missing)
    return rows, sorted(absent)


def _list_measurements(only: str | None, budget_s: float, progress: Progress) -> Iterator[tuple[list[Row], list[str]]]:
    wanted = SECTIONS if only is None else (only,)
    params, drive = None, []
    if set(wanted) & {"candidates", "cycle", "safety", "tracker", "memory"}:
        progress("a drive through the home, recorded for all")
        params, drive, _ = record_drive()
    for section in wanted:
        groups: list[Group] = []
        if section == "candidates":
            groups = candidates.make_groups(params, drive)
        elif section == "distance":
            groups = distance_fields.make_groups()
        elif section == "search":
            groups = searches.make_groups()
        else:
            progress(section)
            measures = {
                "cycle": lambda: cycles.measure_cycles(params, drive),
                "plan": lambda: plans.measure_plans(budget_s),
                "safety": lambda: cycles.measure_safety(params, drive),
                "tracker": lambda: cycles.measure_tracker(params, drive),
                "memory": lambda: memory.measure_memory(params),
            }
            yield measures[section](), []
        for group in groups:
            progress(group.name)
            yield measure_group(group, budget_s), group.absent


def describe_machine() -> dict[str, Any]:
    """Processor, cores and system that the figures belong to."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else ""
    model = re.search(r"model name\s*: (.+)", text)
    return {
        "processor": model[1] if model else platform.processor(),
        "cores": len(re.findall(r"^processor\s*:", text, re.MULTILINE)) or None,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def make_result(rows: list[Row]) -> dict[str, Any]:
    """The JSON document."""
    listed = []
    for row in rows:
        fastest = find_fastest_peer(rows, row.name)
        listed.append(
            {
                "name": row.name,
                "variant": row.variant,
                "unit": row.unit,
                "median": row.median,
                "p99": row.p99,
                "ratio_to_fastest_peer": row.median / fastest if fastest else None,
                "least": row.least,
                "quartiles": list(row.quartiles),
                "samples": row.samples,
                **row.facts,
            }
        )
    return {"machine": describe_machine(), "versions": list_versions(), "rows": listed}


def format_table(result: dict[str, Any], absent: list[str]) -> str:
    """The result for people: one block per piece of work."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items() if version != "absent")
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}; {versions}",
        "one thread each; ratio: median over that of the fastest peer (below 1 is faster than all of them);",
        "where other programs run, too, the least is nearer to the truth than the median",
    ]
    name = None
    for row in result["rows"]:
        if row["name"] != name:
            name = row["name"]
            lines += ["", f"{name} [{row['unit']}]", f"  {'':<14}{'median':>10}{'least':>10}{'quartiles':>21}{'p99':>10}{'ratio':>8}"]
        low, high = row["quartiles"]
        ratio = row["ratio_to_fastest_peer"]
        ratio_text = f"{ratio:8.2f}" if ratio is not None else f"{'':8}"
        facts = [f"{key.replace('_', ' ')} {_format(row[key])}" for key in _FACTS if row.get(key) is not None]
        lines.append(
            f"  {row['variant']:<14}{_format(row['median']):>10}{_format(row['least']):>10}{_format(low) + ' .. ' + _format(high):>21}{_format(row['p99']):>10}"
            f"{ratio_text}  {', '.join(facts)}".rstrip()
        )
    if absent:
        lines += ["", f"not installed, skipped: {', '.join(absent)} (pip install 'astro_nav[bench]')"]
    return "\n".join(lines)


_FACTS = ("path_cost", "cut_corners", "max_error_cells", "candidates")


def _format(value: float) -> str:
    if value == 0.0 or value == int(value) and abs(value) < 1e6:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) < 100.0 else f"{value:.1f}"
