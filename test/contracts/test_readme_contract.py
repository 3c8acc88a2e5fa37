"""What README says is so: its files exist, its topics are spoken by nodes, its rates and sizes are the shipped ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from astro_nav.params.document import find_params_class
from astro_nav.params.files import load_params

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

pytestmark = pytest.mark.skipif(not README.is_file(), reason="an installed package has no README.md")


def read_stage_table() -> list[list[str]]:
    """Rows of the table whose head begins with `stage`."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in README.read_text().splitlines() if line.startswith("|")]
    begin = next(k for k, row in enumerate(rows) if row[0] == "stage")
    table = []
    for row in rows[begin + 2 :]:
        if len(row) != len(rows[begin]):
            break
        table.append(row)
    return table


def test_every_link_into_the_repository_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#\s]+)", README.read_text()) + re.findall(r"src=\"([^\"]+)\"", README.read_text())
    inside = [link for link in links if "://" not in link]
    assert len(inside) > 10
    assert [link for link in inside if not (ROOT / link).exists()] == []


def test_the_stage_tables_topics_are_spoken_by_nodes() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "astro_nav" / "ros").glob("*.py"))
    topics = [topic for row in read_stage_table() for topic in re.findall(r"`([^`]+)`", row[3])]
    assert len(topics) > 8
    assert [topic for topic in topics if f'"{topic}"' not in code] == []


def test_the_stage_tables_rates_and_sizes_are_the_shipped_ones() -> None:
    rows = {row[0]: row for row in read_stage_table()}
    local = load_params(find_params_class("local_planner"), "local_planner")
    safety = load_params(find_params_class("safety_controller"), "safety_controller")
    for stage in ("see", "track", "predict", "fast-forward", "choose a trajectory", "move the screen"):
        assert rows[stage][4] == f"{local.rate_hz:g} Hz", stage
    assert rows["check and drive"][4] == f"{safety.rate_hz:g} Hz"
    assert f"{local.map.size_m:g} x {local.map.size_m:g} m" in rows["see"][2]
    assert f"{local.horizon.duration_s:g} s" in rows["choose a trajectory"][2]
