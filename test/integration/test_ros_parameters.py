"""Parameters as ROS gives them: faults all at once with exit code 2, shared files, live changes."""

from __future__ import annotations

from pathlib import Path

import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")

from rclpy.node import Node  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402
from scenes.real_node import RealNode, ros_domain  # noqa: E402, F401

from astro_nav.errors import ParameterError  # noqa: E402
from astro_nav.params.local_planner import LocalPlannerParams  # noqa: E402
from astro_nav.params.safety_controller import SafetyControllerParams  # noqa: E402
from astro_nav.ros.parameters import ParamsWatcher, declare_params  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")


@pytest.fixture
def make_node():
    """Makes nodes with ROS arguments of their own, and takes them away again."""
    made = []

    def make(name: str, ros_args: list[str]) -> tuple[Node, list[str]]:
        context = rclpy.Context()
        args = ["program", "--ros-args", *ros_args]
        rclpy.init(args=args, context=context)
        node = Node(name, context=context)
        made.append((node, context))
        return node, args

    yield make
    for node, context in made:
        node.destroy_node()
        context.try_shutdown()


def write(folder: Path, text: str) -> str:
    path = folder / "params.yaml"
    path.write_text(text)
    return str(path)


def declare_local_planner(make_node, ros_args: list[str]) -> tuple[Node, LocalPlannerParams]:
    node, args = make_node("local_planner", ros_args)
    return node, declare_params(node, LocalPlannerParams, args=args)


def test_faults_are_reported_all_at_once_and_end_the_process_with_code_2(tmp_path: Path) -> None:
    overlay = write(
        tmp_path,
        """
/**:
  ros__parameters:
    use_sim_time: true
    robot:
      heigth_m: 0.5
      limits: {max_speed_mps: -1.0, max_jerk_mps3: fast}
local_planner:
  ros__parameters:
    horizon: {duration_s: .nan}
    scan_topics: [1, 2]
""",
    )
    with RealNode(("-m", "astro_nav.ros.local_planner_node"), ("--params-file", overlay), tmp_path) as node:
        assert node.wait(60.0) == 2
    assert "Traceback" not in node.output
    assert "5 parameter problems in the parameters of /local_planner:" in node.output
    assert "robot.heigth_m is unknown, did you mean robot.height_m" in node.output
    assert "robot.limits.max_speed_mps = -1 m/s is outside [0.01, 5] m/s" in node.output
    assert "robot.limits.max_jerk_mps3 = 'fast' must be of type float" in node.output
    assert "horizon.duration_s = nan must be finite" in node.output
    assert "scan_topics = 1 must be of type str" in node.output


def test_a_parameter_file_that_is_not_there_or_none_ends_the_process_with_code_2(tmp_path: Path) -> None:
    for text in (None, "local_planner: [", "local_planner: 3"):
        path = str(tmp_path / "missing.yaml") if text is None else write(tmp_path, text)
        with RealNode(("-m", "astro_nav.ros.local_planner_node"), ("--params-file", path), tmp_path) as node:
            assert node.wait(60.0) == 2, node.output
        assert "Traceback" not in node.output
        assert "cannot start: " in node.output


def test_conflicts_between_parameters_are_reported(make_node) -> None:
    with pytest.raises(ParameterError, match="emergency braking is the stronger one"):
        declare_local_planner(make_node, ["-p", "robot.limits.emergency_deceleration_mps2:=0.5"])


def test_integers_are_taken_for_floats_and_every_parameter_is_described(make_node) -> None:
    node, params = declare_local_planner(make_node, ["-p", "robot.mass_kg:=12", "-p", "horizon.duration_s:=2"])
    assert params.robot.mass_kg == 12.0 and params.horizon.duration_s == 2.0
    assert node.get_parameter("robot.mass_kg").value == 12.0
    descriptor = node.describe_parameter("robot.mass_kg")
    assert descriptor.description == "mass [kg]" and descriptor.read_only
    assert (descriptor.floating_point_range[0].from_value, descriptor.floating_point_range[0].to_value) == (0.1, 1000.0)
    descriptor = node.describe_parameter("optimizer.global_samples")
    assert descriptor.integer_range[0].from_value == 16


def test_a_file_for_all_nodes_may_hold_what_only_another_one_knows(make_node, tmp_path: Path) -> None:
    text = """
/**:
  ros__parameters:
    use_sim_time: true
    robot: {mass_kg: 11}
    check.margin_m: 0.02
    qos_overrides: {/tf: {subscription: {depth: 7}}}
some_other_node:
  ros__parameters: {nonsense: 1}
"""
    node, params = declare_local_planner(make_node, ["--params-file", write(tmp_path, text)])
    assert params.robot.mass_kg == 11.0
    assert node.get_parameter("use_sim_time").value is True
    assert not node.has_parameter("check.margin_m")


def test_a_file_for_all_nodes_may_hold_nothing_that_nobody_knows(make_node, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="horizon.duration is unknown, did you mean horizon.duration_s"):
        declare_local_planner(make_node, ["--params-file", write(tmp_path, "/**: {ros__parameters: {horizon: {duration: 1.0}}}")])


@pytest.mark.parametrize("given", ["file", "command line"])
def test_what_belongs_to_another_node_is_refused_when_given_to_this_one(make_node, tmp_path: Path, given: str) -> None:
    file = write(tmp_path, "local_planner: {ros__parameters: {check.margin_m: 0.02}}")
    args = ["--params-file", file] if given == "file" else ["-p", "check.margin_m:=0.02"]
    with pytest.raises(ParameterError, match="check.margin_m is a parameter of safety_controller, not of local_planner"):
        declare_local_planner(make_node, args)


def test_sections_of_a_namespace_count(make_node, tmp_path: Path) -> None:
    text = """
/**/local_planner: {ros__parameters: {horizon: {duration_s: 2.0}}}
robot2: {local_planner: {ros__parameters: {robot: {mass_kg: 5.0}}}}
/robot1/local_planner: {ros__parameters: {robot: {mass_kg: 6.0}}}
"""
    _, params = declare_local_planner(make_node, ["--params-file", write(tmp_path, text), "-r", "__ns:=/robot1"])
    assert params.horizon.duration_s == 2.0 and params.robot.mass_kg == 6.0


def test_an_empty_list_is_a_list(make_node) -> None:
    with pytest.raises(ParameterError, match=r"scan_topics = \[\] must name at least one topic"):
        declare_local_planner(make_node, ["-p", "scan_topics:=[]"])
    node, params = declare_local_planner(make_node, ["-p", "scan_topics:=[front, rear]"])
    assert params.scan_topics == ["front", "rear"] == node.get_parameter("scan_topics").value


def test_live_changes_make_a_whole_new_object_or_are_refused_with_a_sentence(make_node) -> None:
    node, args = make_node("safety_controller", [])
    params = declare_params(node, SafetyControllerParams, args=args)
    watcher = ParamsWatcher(node, params)
    assert watcher.take_change() is None

    (refused,) = node.set_parameters([Parameter("tracking.damping", value=100.0)])
    assert not refused.successful
    (refused,) = node.set_parameters([Parameter("robot.mass_kg", value=1.0)])
    assert not refused.successful and "read-only" in refused.reason
    assert watcher.take_change() is None and watcher.current == params

    # An integer is accepted where a float is meant, here too.
    (accepted,) = node.set_parameters([Parameter("tracking.damping", value=2)])
    assert accepted.successful
    change = watcher.take_change()
    assert change is not None and change.tracking.damping == 2.0 and change.robot == params.robot
    assert params.tracking.damping != 2.0, "the object in use stays as it is"
    assert watcher.take_change() is None
    assert node.get_parameter("tracking.damping").value == 2.0


def test_changes_that_belong_together_are_checked_together(make_node) -> None:
    node, args = make_node("safety_controller", [])
    watcher = ParamsWatcher(node, declare_params(node, SafetyControllerParams, args=args))
    together = [Parameter("tracking.damping", value=1.5), Parameter("tracking.stiffness_radpm", value=3.5)]
    assert node.set_parameters_atomically(together).successful
    change = watcher.take_change()
    assert change is not None and (change.tracking.damping, change.tracking.stiffness_radpm) == (1.5, 3.5)
    together[1] = Parameter("tracking.stiffness_radpm", value=1e9)
    assert not node.set_parameters_atomically(together).successful
    assert node.get_parameter("tracking.damping").value == 1.5
