"""A healthy robot has nothing to fix; each fault is found, named, and nothing else is."""

import json

import numpy as np
import pytest
from scenes.doctor_scene import BEAMS, BEGIN_S, PARAMS, Robot, make_odometry, make_transform

from astro_nav.doctor.actuation import check_actuation, measure_lag
from astro_nav.doctor.examine import examine
from astro_nav.doctor.findings import ERROR, GOOD, WARNING, describe_findings
from astro_nav.doctor.graph import describe_mismatch
from astro_nav.doctor.observations import CommandSample, Endpoint, Observations, OdometrySample


def list_problems(findings):
    return [finding for finding in findings if finding.level != GOOD]


def expect(robot, level, subject, words, others=0):
    """One problem is found, with these words and a remedy; `others` follow from it."""
    problems = list_problems(robot.examine())
    found = [p for p in problems if p.level == level and p.subject == subject and words in p.sentence]
    assert len(found) == 1 and found[0].remedy, problems
    assert len(problems) == 1 + others, problems


def test_a_healthy_robot_has_nothing_to_fix():
    findings = Robot().examine()
    assert list_problems(findings) == []
    assert {finding.subject for finding in findings} == {"scan", "odom", "tf", "footprint", "nodes", "cmd_vel", "qos", "screen", "map"}


@pytest.mark.parametrize(
    "changes, level, subject, words",
    [
        ({"scan_hz": 3.0}, ERROR, "scan", "3.0 Hz, must be 5 Hz"),
        ({"odom_hz": 10.0}, ERROR, "odom", "10.0 Hz, must be 20 Hz"),
        ({"odom_hz": 200.0}, WARNING, "odom", "200 Hz, more than"),
        ({"scan_age_s": 0.4}, ERROR, "scan", "0.400 s old when they arrive"),
        ({"scan_age_s": -0.2}, ERROR, "scan", "0.200 s ahead of this machine's clock"),
        ({"scan_age_s": 90000.0}, ERROR, "scan", "90000 s behind"),
        ({"scan_age_s": BEGIN_S}, ERROR, "scan", "1000.000 s old"),
        ({"odom_frame": "world"}, ERROR, "odom", "header.frame_id is 'world', must be 'odom'"),
        ({"child_frame": "base_footprint"}, ERROR, "odom", "child_frame_id is 'base_footprint', must be 'base_link'"),
        ({"twist_factor": 0.0}, ERROR, "odom", "stays zero"),
        ({"twist_factor": 3.6}, ERROR, "odom", "3.60 times"),
        ({"speed_mps": 0.0}, WARNING, "odom", "hardly moved"),
        ({"ranges": np.full(BEAMS, np.inf)}, ERROR, "scan", "only 0 % of the ranges are valid"),
        ({"scan_fields": {"range_max": 0.0}}, ERROR, "scan", "cannot be used"),
        ({"scan_fields": {"angle_increment": 0.04}}, ERROR, "scan", "more than a full turn"),
        ({"scan_fields": {"angle_increment": 0.005}}, WARNING, "scan", "sees 103 degrees"),
        ({"urdf": ""}, WARNING, "footprint", "no robot_description"),
        ({"urdf": "<robot"}, ERROR, "footprint", "no XML"),
    ],
)
def test_each_fault_is_found_alone(changes, level, subject, words):
    robot = Robot()
    for name, value in changes.items():
        setattr(robot, name, value)
    expect(robot, level, subject, words, others=1 if changes == {"odom_hz": 10.0} else 0)  # its transforms are as rare


@pytest.mark.parametrize(
    "silent, subject, words",
    [
        ("/scan", "scan", "there is no /scan"),
        ("/odom", "odom", "there is no /odom"),
        ("/map", "map", "there is no /map"),
        ("map -> odom", "tf", "map -> odom is missing; the frames that there are: base_link, laser, odom"),
        ("base_link -> laser", "tf", "where the lidar's frame 'laser' is on base_link"),
    ],
)
def test_what_is_missing_is_named(silent, subject, words):
    robot = Robot()
    robot.silent.add(silent)
    expect(robot, ERROR, subject, words)


def test_a_base_that_publishes_no_transform_is_told_from_a_missing_localizer():
    robot = Robot()
    robot.silent.add("odom -> base_link")
    expect(robot, ERROR, "tf", "odom -> base_link is missing")


def test_a_scan_under_another_name_is_pointed_at():
    robot = Robot()
    robot.silent.add("/scan")
    robot.seen.types["/front/scan"] = {"sensor_msgs/msg/LaserScan"}
    expect(robot, ERROR, "scan", "sensor_msgs/msg/LaserScan is there as /front/scan")


def test_a_silent_driver_is_told_from_none():
    robot = Robot()
    robot.silent.add("/scan")
    robot.seen.publishers["/scan"] = [Endpoint("/lidar", "sensor_msgs/msg/LaserScan", reliable=False)]
    expect(robot, ERROR, "scan", "/lidar announces /scan but no message came")


def test_stamps_of_zero_and_stamps_that_go_back():
    robot = Robot()
    robot.scan_age_s = 0.06
    seen = robot.observe()
    seen.topics["/scan"].stamps_s = [0.0] * seen.topics["/scan"].count
    assert "all stamps are zero" in [p.sentence for p in list_problems(examine(seen, PARAMS))]
    seen = Robot().observe()
    seen.topics["/odom"].stamps_s[50] -= 0.5
    (problem,) = list_problems(examine(seen, PARAMS))
    assert problem.sentence == "stamps go back in time"


def test_a_gap_in_the_scans_is_found():
    robot = Robot()
    seen = robot.observe()
    log = seen.topics["/scan"]
    log.received_s[20:] = [t + 0.9 for t in log.received_s[20:]]
    log.stamps_s[20:] = [t + 0.9 for t in log.stamps_s[20:]]
    (problem,) = list_problems(examine(seen, PARAMS))
    assert problem.sentence.startswith("nothing came for 1.00 s")


def test_the_robot_in_its_own_scan_is_found_and_a_passer_by_is_not():
    robot = Robot()
    robot.ranges = robot.ranges.copy()
    robot.ranges[178:183] = 0.12  # straight ahead, 0.16 m before base_link: inside an outline of 0.21 m
    expect(robot, ERROR, "scan", "5 beams always end on the robot itself, up to 0.05 m inside")
    seen = Robot().observe()
    for scan in seen.scans[:10]:
        scan.ranges_m[178:183] = 0.12
    assert list_problems(examine(seen, PARAMS)) == []


def test_two_parents_and_two_publishers_of_a_frame():
    robot = Robot()
    robot.seen.take("/tf", "tf2_msgs/msg/TFMessage", make_transform(BEGIN_S, "base_footprint", "base_link"), BEGIN_S)
    expect(robot, ERROR, "tf", "base_link has 2 parents, base_footprint and odom")
    seen = Robot().observe()
    for k in range(100):
        seen.take("/tf", "tf2_msgs/msg/TFMessage", make_transform(BEGIN_S + 0.02 * k, "odom", "base_link"), BEGIN_S + 0.04 * k)
    seen.transforms["odom", "base_link"].stamps_s[::2] = [t + 1.0 for t in seen.transforms["odom", "base_link"].stamps_s[::2]]
    problems = [p.sentence for p in list_problems(examine(seen, PARAMS))]
    assert any(sentence.startswith("stamps of odom -> base_link go back in time") for sentence in problems)


def test_a_wheel_outside_the_footprint_is_named():
    robot = Robot()
    robot.urdf = robot.urdf.replace('<origin xyz="0 0.105 0.0625"/>', '<origin xyz="0 0.185 0.0625"/>')
    expect(robot, ERROR, "footprint", "left_wheel_link sticks out of robot.footprint_m by 0.07")


def test_a_small_or_low_urdf_is_told():
    urdf = '<robot name="r"><link name="base_link"><collision><geometry><box size="0.2 0.1 {height}"/></geometry></collision></link></robot>'
    robot = Robot()
    robot.urdf = urdf.format(height=0.3)
    expect(robot, WARNING, "footprint", "up to 0.11 m larger", others=1)
    robot = Robot()
    robot.urdf = urdf.format(height=2.0)
    expect(robot, ERROR, "footprint", "the URDF is 1.00 m high", others=2)


def test_another_publisher_of_cmd_vel_is_an_error():
    robot = Robot()
    robot.seen.publishers["/cmd_vel"] = [Endpoint("/safety_controller", "geometry_msgs/msg/Twist"), Endpoint("/joy", "geometry_msgs/msg/Twist")]
    expect(robot, ERROR, "cmd_vel", "/joy publishes /cmd_vel, past the safety controller")


def test_two_types_on_one_topic():
    robot = Robot()
    robot.seen.types["/cmd_vel"] = {"geometry_msgs/msg/Twist", "geometry_msgs/msg/TwistStamped"}
    expect(robot, ERROR, "cmd_vel", "they do not hear each other")


def test_nodes_in_another_namespace():
    robot = Robot()
    robot.observe()
    robot.seen.nodes = {"/global_planner", "/r1/local_planner", "/safety_controller"}
    problems = list_problems(examine(robot.seen, PARAMS))
    assert [p.sentence for p in problems] == ["local_planner not running; there is /r1/local_planner: use --namespace"]


@pytest.mark.parametrize(
    "speaker, listener, words",
    [
        ((True, True), (True, True), ""),
        ((True, False), (False, False), ""),
        ((False, False), (True, False), "asks for reliable"),
        ((True, False), (True, True), "asks for transient local"),
    ],
)
def test_qualities_meet_as_dds_says(speaker, listener, words):
    problem = describe_mismatch(Endpoint("/a", "t", *speaker), Endpoint("/b", "t", *listener))
    assert words in problem and bool(problem) == bool(words)


def test_a_mismatch_names_both_sides():
    robot = Robot()
    robot.seen.publishers["/scan"] = [Endpoint("/lidar", "t", reliable=False)]
    robot.seen.subscriptions["/scan"] = [Endpoint("/slam", "t", reliable=True)]
    expect(robot, ERROR, "qos", "/slam hears nothing of /lidar on /scan")


def test_a_volatile_map_and_two_clocks():
    robot = Robot()
    robot.silent.add("/map")
    robot.seen.publishers["/map"] = [Endpoint("/their_map", "nav_msgs/msg/OccupancyGrid", latched=False)]
    expect(robot, ERROR, "map", "without keeping it for late listeners")
    robot = Robot()
    robot.seen.publishers["/clock"] = [Endpoint("/gazebo_bridge", "t"), Endpoint("/player", "t")]
    expect(robot, ERROR, "clock", "2 nodes publish /clock")


def test_complaints_of_our_nodes_are_passed_on():
    robot = Robot()
    robot.seen.complaints = {"local_planner: cycle": "120 ms, limit 100 ms", "battery": "low", "safety_controller: state": ""}
    problems = list_problems(robot.examine())
    assert [p.sentence for p in problems] == ["local_planner: cycle: 120 ms, limit 100 ms"]


def test_a_namespace_is_kept_apart():
    robot = Robot()
    robot.seen = Observations(source="a test", is_live=False, namespace="/r1")
    seen = robot.observe()
    problems = [p.sentence for p in list_problems(examine(seen, PARAMS))]
    assert any("the recording holds no /r1/scan; sensor_msgs/msg/LaserScan is there as /scan" in sentence for sentence in problems)


def test_the_worst_comes_first_and_is_counted():
    robot = Robot()
    robot.speed_mps, robot.scan_hz = 0.0, 3.0
    lines = describe_findings(robot.examine(), "a test").splitlines()
    assert lines[0] == "Examined: a test" and lines[2].startswith("FIX   scan: 3.0 Hz") and lines[3].startswith("      -> ")
    assert lines[4].startswith("look  odom") and lines[-1].startswith("1 to fix, 1 to look at, ")


def test_odometry_of_other_topics_is_not_the_robots():
    seen = Robot().observe()
    count = len(seen.odometry)
    seen.take("/visual_odom", "nav_msgs/msg/Odometry", make_odometry(BEGIN_S, 0.0, 9.0), BEGIN_S)
    assert len(seen.odometry) == count and json.dumps(sorted(seen.types["/visual_odom"]))


@pytest.mark.parametrize("lag_s, level", [(0.06, GOOD), (0.25, WARNING)])
def test_the_bases_own_delay_is_measured(lag_s, level):
    times = np.arange(0.0, 8.0, 0.02)
    commanded = np.column_stack([times, 0.3 + 0.2 * np.sin(2.0 * times)])
    followed = np.column_stack([times + lag_s, commanded[:, 1]])
    measured_s, residual = measure_lag(commanded, followed)
    assert measured_s == pytest.approx(lag_s, abs=0.011) and residual < 0.01
    seen = Robot().observe()
    seen.commands = [CommandSample(*row) for row in commanded]
    seen.odometry = [OdometrySample(t, np.array([0.0, 0.0, 0.0]), v, 0.0, "base_link") for t, v in followed]
    (finding,) = check_actuation(seen, PARAMS)
    assert finding.level == level and f"{measured_s:.2f} s after cmd_vel" in finding.sentence


def test_a_base_that_does_something_else_is_an_error_and_a_resting_one_is_none():
    seen = Robot().observe()
    times = np.arange(0.0, 8.0, 0.02)
    seen.commands = [CommandSample(t, 0.3 * np.sin(2.0 * t)) for t in times]
    seen.odometry = [OdometrySample(t, np.zeros(3), 0.3 * np.sin(3.1 * t + 1.0), 0.0, "base_link") for t in times]
    (finding,) = check_actuation(seen, PARAMS)
    assert finding.level == ERROR and "does not follow cmd_vel" in finding.sentence
    seen.commands = [CommandSample(t, 0.0) for t in times]
    assert check_actuation(seen, PARAMS) == []


# --- one cause, one sentence ------------------------------------------------------------------------------------------


def test_where_nobody_is_nothing_else_is_said(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "42")
    (finding,) = examine(Observations(source="a test", is_live=True), PARAMS)
    assert finding.level == ERROR and "nobody else is in ROS_DOMAIN_ID=42" in finding.sentence and "start the robot" in finding.remedy


def test_a_recording_without_any_needed_topic_says_what_to_record():
    seen = Observations(source="a test", is_live=False)
    seen.types["/camera/image"] = {"sensor_msgs/msg/Image"}
    (finding,) = examine(seen, PARAMS)
    assert "but /camera/image" in finding.sentence and "record scan, odom" in finding.remedy


def test_of_a_recording_it_is_said_that_it_lacks_a_topic_not_that_the_robot_does():
    robot = Robot()
    robot.silent |= {"/scan", "map -> odom", "odom -> base_link", "base_link -> laser"}
    seen = robot.observe()
    seen.is_live = False
    sentences = [finding.sentence for finding in list_problems(examine(seen, PARAMS))]
    assert any(sentence == "the recording holds no /scan" for sentence in sentences)
    assert any("the recording holds no transform: record /tf and /tf_static" in sentence for sentence in sentences)


@pytest.mark.parametrize(("shift_s", "words"), [(None, "all stamps of map -> odom are zero"), (30.0, "is 30.0"), (-30.0, "s old when it arrives")])
def test_stamps_of_transforms_are_looked_at(shift_s, words):
    seen = Robot().observe()
    log = seen.transforms["map", "odom"]
    log.stamps_s = [0.0 if shift_s is None else received + shift_s for received in log.received_s]
    (problem,) = list_problems(examine(seen, PARAMS))
    assert problem.subject == "tf" and words in problem.sentence


def test_a_localizer_that_dates_ahead_by_its_tolerance_is_in_order():
    seen = Robot().observe()
    log = seen.transforms["map", "odom"]
    log.stamps_s = [received + 1.0 for received in log.received_s]
    assert list_problems(examine(seen, PARAMS)) == []
