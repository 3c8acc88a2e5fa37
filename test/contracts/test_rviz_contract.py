"""The rviz2 configuration is there and shows topics that the stack, or the robot, publishes."""

from __future__ import annotations

import ast
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TOPICS = {
    "map", "map_updates", "local_map", "local_map_updates", "safety_map", "safety_map_updates", "scan", "robot_description",
    "plan", "local_plan", "candidates", "doors", "zones",
}  # fmt: skip


def test_the_launch_file_names_a_configuration_that_exists():
    launch = (ROOT / "launch" / "rviz.launch.xml").read_text(encoding="utf-8")
    assert "rviz/astro_nav.rviz" in launch and (ROOT / "rviz" / "astro_nav.rviz").is_file()


def test_displays_and_tools_speak_of_known_topics_by_relative_names():
    manager = yaml.safe_load((ROOT / "rviz" / "astro_nav.rviz").read_text(encoding="utf-8"))["Visualization Manager"]
    named = {
        topic["Value"]
        for display in manager["Displays"]
        for key, topic in display.items()
        if key in ("Topic", "Update Topic", "Description Topic")
    }
    assert named == TOPICS
    goals = [tool["Topic"]["Value"] for tool in manager["Tools"] if tool["Class"].endswith("SetGoal")]
    assert goals == ["goal_pose"]
    assert manager["Global Options"]["Fixed Frame"] == "map"


def read_displays() -> list[dict]:
    return yaml.safe_load((ROOT / "rviz" / "astro_nav.rviz").read_text(encoding="utf-8"))["Visualization Manager"]["Displays"]


def test_what_is_published_once_is_asked_for_again():
    """A display that is volatile misses what was said before it came; one that asks for transient local hears no volatile publisher."""
    latched = {"map", "robot_description", "plan", "doors", "zones"}
    for display in read_displays():
        topic = display.get("Topic") or display.get("Description Topic")
        if topic:
            assert (topic["Durability Policy"] == "Transient Local") == (topic["Value"] in latched), display["Name"]
            assert (topic["Reliability Policy"] == "Best Effort") == (topic["Value"] == "scan"), display["Name"]


# What a display draws, and how the nodes' qualities of service are called.
TYPES = {"Map": "OccupancyGrid", "Path": "Path", "MarkerArray": "MarkerArray", "LaserScan": "LaserScan", "RobotModel": "String"}
LATCHED = {"LATEST": True, "NEWEST": False, "RELIABLE": False}


def list_publishers() -> dict[str, tuple[str, bool]]:
    """Topic -> type and whether it is latched, of every `create_publisher(Type, "topic", QOS)` in the nodes."""
    found = {}
    for path in (ROOT / "astro_nav" / "ros").glob("*.py"):
        if path.name == "simulator_node.py":  # stands for the robot, not for the stack
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {alias.asname: alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names if alias.asname}
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "create_publisher" and isinstance(call.args[1], ast.Constant)):
                continue
            kind, topic, quality = call.args
            if isinstance(kind, ast.Name) and isinstance(quality, ast.Name) and quality.id in LATCHED:
                found[topic.value] = (names.get(kind.id, kind.id), LATCHED[quality.id])
    return found


def test_displays_fit_type_and_durability_of_what_the_nodes_publish():
    publishers, checked = list_publishers(), set()
    for display in read_displays():
        topic = display.get("Topic")
        if not topic or topic["Value"] not in publishers:
            continue
        kind, is_latched = publishers[topic["Value"]]
        checked.add(topic["Value"])
        assert TYPES[display["Class"].split("/")[1]] == kind, display["Name"]
        assert (topic["Durability Policy"] == "Transient Local") == is_latched, display["Name"]
    assert checked == {"map", "local_map", "safety_map", "plan", "local_plan", "candidates", "doors", "zones"}


def test_everything_that_the_nodes_draw_for_people_is_shown():
    drawn = {topic for topic, (kind, _) in list_publishers().items() if kind in TYPES.values()}
    assert drawn <= TOPICS, "a picture that nobody sees in rviz2"


def test_every_drawn_topic_is_published_by_a_node_or_given_by_the_robot():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "astro_nav" / "ros").glob("*.py"))
    given = {"scan", "robot_description", "map"}
    # Zones are drawn once the global planner knows any.
    for topic in TOPICS - given - {"zones"} - {name for name in TOPICS if name.endswith("_updates")}:
        assert f'"{topic}"' in code, topic
