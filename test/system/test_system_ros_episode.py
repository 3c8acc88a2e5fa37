"""An episode in one process and the same one through the real processes over DDS: both tell the same story."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("astro_nav_msgs", reason="needs the built interfaces")
pytest.importorskip("mujoco", reason="needs the simulator's physics engine")

from astro_nav.cli.main import main  # noqa: E402  only where it can work
from astro_nav.demo.ros_episode import find_obstacle  # noqa: E402
from astro_nav.evaluation.suites import get_suite  # noqa: E402
from astro_nav.evaluation.suites.data import find_data_file  # noqa: E402

# A drive of some 4 m through furniture without people, whose walk would be at another place when the goal comes.
SEED = 2
# What the closed loop models, the processes do: computing and transport take other times on every machine, so a pass by a table
# leg differs by a few decimetres and seconds. Simulated time, so that a slow machine alone does not count.
WAY_TOLERANCE, TIME_TOLERANCE = 0.15, 0.4


@pytest.fixture
def own_domain(monkeypatch):
    """A free ROS domain; what the run sets for itself is taken back."""
    for name in ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_STATIC_PEERS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.mark.system
def test_closed_loop_and_processes_agree(tmp_path, own_domain):
    rows = {}
    for name, more in (("here", ["--episodes", "1", "--workers", "1"]), ("ros", ["--ros"])):
        words = ["evaluate", "homes", "--seed", str(SEED), "--no-report", "--out", str(tmp_path / name)]
        assert main([*words, *more, "--json", str(tmp_path / f"{name}.json")]) == 0
        result = json.loads((tmp_path / f"{name}.json").read_text())
        assert result["ros"] is (name == "ros") and result["episodes"] == 1
        (rows[name],) = result["rows"]
    here, ros = rows["here"], rows["ros"]
    assert here["seed"] == ros["seed"] and set(here) == set(ros)
    for row in (here, ros):
        assert row["outcome"] == "success" and row["contacts_by_robot"] == row["contacts_by_others"] == 0, row["message"]
    assert ros["shortest_path_m"] == pytest.approx(here["shortest_path_m"], rel=0.03)
    assert ros["path_length_m"] == pytest.approx(here["path_length_m"], rel=WAY_TOLERANCE)
    assert ros["time_to_goal_s"] == pytest.approx(here["time_to_goal_s"], rel=TIME_TOLERANCE)
    assert ros["final_position_error_m"] < 0.15 and ros["min_clearance_m"] > 0.0
    # The truth arrives as often as the closed loop samples it, so that smoothness is filtered alike.
    assert ros["mean_linear_jerk_mps3"] == pytest.approx(here["mean_linear_jerk_mps3"], rel=0.8)


@pytest.mark.parametrize("suite", ["barn", "faults", "retask"])
def test_what_the_simulator_node_cannot_represent_is_refused(suite, own_domain, tmp_path, capsys):
    if suite == "barn" and find_data_file("barn/barn_50.npz") is None:
        pytest.skip("no BARN worlds: set ASTRO_NAV_DATA to the folder that holds barn/")
    assert find_obstacle(get_suite(suite).make(1))
    assert main(["evaluate", suite, "--ros", "--out", str(tmp_path)]) == 2
    assert "cannot be driven through ROS: it" in capsys.readouterr().err


def test_latency_that_only_the_closed_loop_models_is_refused_and_the_simulators_own_named():
    scenario = get_suite("homes").make(1)
    assert find_obstacle(scenario, {"lidar.latency_s": 0.1}) == ""
    assert "lidar.latency_s" in find_obstacle(scenario, {"passage.delivery_s": 0.1})


def test_homes_can_be_driven():
    assert [find_obstacle(get_suite("homes").make(seed)) for seed in range(1, 4)] == ["", "", ""]
