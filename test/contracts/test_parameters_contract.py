"""Configuration files hold every parameter and nothing else, once; docs/parameters.md is up to date; code has no values of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from astro_nav.params.document import find_params_class, list_node_names, main, make_document
from astro_nav.params.files import find_share_folder, load_params, read_parameter_file
from astro_nav.params.schema import flatten_params, list_parameters

CONFIG = find_share_folder() / "config"
NODES = list_node_names()
SHARED = read_parameter_file(CONFIG / "robot.yaml", "")


def test_there_is_a_file_for_every_node() -> None:
    assert {"global_planner", "local_planner", "safety_controller", "simulator"} <= set(NODES)


@pytest.mark.parametrize("node", NODES)
def test_a_nodes_file_and_robot_yaml_hold_each_of_its_parameters_once_and_nothing_else(node: str) -> None:
    declared = {spec.name for spec in list_parameters(find_params_class(node))}
    own = set(read_parameter_file(CONFIG / f"{node}.yaml", node))
    assert own - declared == set(), "unknown names"
    assert declared - own - set(SHARED) == set(), "without a value"
    assert own & set(SHARED) == set(), "in robot.yaml already"


def test_robot_yaml_holds_nothing_that_no_node_reads() -> None:
    declared = {spec.name for node in NODES for spec in list_parameters(find_params_class(node))}
    assert set(SHARED) - declared == set()


@pytest.mark.parametrize("node", NODES)
def test_the_shipped_values_are_valid_and_written_as_their_type(node: str) -> None:
    params_class = find_params_class(node)
    params = load_params(params_class, node)
    written = {**SHARED, **read_parameter_file(CONFIG / f"{node}.yaml", node)}
    for spec in list_parameters(params_class):
        # Handed to ROS as they stand, so that 1 for a float would be declared as an integer by others who read the file.
        assert type(written[spec.name]) is type(flatten_params(params)[spec.name]), spec.name


@pytest.mark.parametrize("node", NODES)
def test_parameters_are_documented_and_carry_their_unit(node: str) -> None:
    suffixes = {
        "_m": "m", "_s": "s", "_mps": "m/s", "_mps2": "m/s^2", "_mps3": "m/s^3", "_rad": "rad", "_radps": "rad/s",
        "_radps2": "rad/s^2", "_radps3": "rad/s^3", "_hz": ("Hz", "1/s"), "_kg": "kg",
    }  # fmt: skip
    params_class = find_params_class(node)
    for spec in list_parameters(params_class):
        assert len(spec.doc) > 3 and (not spec.doc.endswith(".") or spec.doc.endswith("...")), spec.name
        assert not hasattr(params_class, spec.name.split(".")[0]), f"{spec.name} has a value in the code"
        words = spec.name.rsplit(".", 1)[-1].split("_")
        if len(words) > 1 and "per" not in words and f"_{words[-1]}" in suffixes:
            allowed = suffixes[f"_{words[-1]}"]
            assert spec.unit in (allowed if isinstance(allowed, tuple) else (allowed,)), spec.name


def test_every_file_is_one_document_of_ros_parameters() -> None:
    for path in CONFIG.glob("*.yaml"):
        document = yaml.safe_load(path.read_text())
        expected = "/**" if path.stem == "robot" else path.stem
        assert list(document) == [expected], path.name


def test_the_document_is_up_to_date() -> None:
    path = find_share_folder() / "docs" / "parameters.md"
    if not path.parent.is_dir():
        pytest.skip("an installed package has no docs folder")
    assert path.read_text() == make_document(), "run `python -m astro_nav.params.document`"
    assert main(["--check"]) == 0


def test_a_document_that_is_out_of_date_is_found_and_written_anew(tmp_path: Path, monkeypatch, capsys) -> None:
    (tmp_path / "config").symlink_to(CONFIG)
    monkeypatch.setattr("astro_nav.params.document.find_share_folder", lambda: tmp_path)
    assert main(["--check"]) == 1 and "out of date" in capsys.readouterr().err
    assert main([]) == 0 and main(["--check"]) == 0
    text = (tmp_path / "docs" / "parameters.md").read_text()
    assert "| `max_speed_mps` | `1` | m/s | 0.01 to 5 |  | fastest forward speed |" in text
