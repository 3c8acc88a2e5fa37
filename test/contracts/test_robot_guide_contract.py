"""What docs/on-your-robot.md says is so: its parameters exist, its files load, its links lead somewhere, its commands are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from astro_nav.cli.main import list_command_names
from astro_nav.demo.stack_params import PARTS, check_all_params
from astro_nav.params.schema import list_parameters

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "on-your-robot.md"

pytestmark = pytest.mark.skipif(not GUIDE.is_file(), reason="an installed package has no docs/")


def test_its_parameter_files_are_taken_by_all_nodes(tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        file = tmp_path / f"{number}.yaml"
        file.write_text(block)
        check_all_params([file])


def test_every_parameter_that_it_names_exists():
    known = {spec.name for params in PARTS.values() for spec in list_parameters(params)}
    named = set(re.findall(r"`((?:robot|frames)\.[a-z_.0-9]+)[`:]", GUIDE.read_text())) - {"robot.launch.xml"}
    named |= {f"robot.limits.{name}" for name in re.findall(r"`(max_[a-z_0-9]+)`", GUIDE.read_text())}
    assert len(named) > 10
    assert named - known == set()


def test_its_links_lead_somewhere():
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", GUIDE.read_text()) if "://" not in link]
    assert links and [link for link in links if not (GUIDE.parent / link).exists()] == []


def test_its_commands_and_launch_files_exist():
    text = GUIDE.read_text()
    commands = set(re.findall(r"astro-nav ([a-z][a-z-]+)", text))
    assert commands == {"doctor", "view"} and commands <= set(list_command_names())
    files = set(re.findall(r"ros2 launch astro_nav (\S+\.launch\.xml)", text))
    assert files and all((ROOT / "launch" / file).is_file() for file in files)
