"""The rviz2 configuration is there and shows topics that the stack, or the robot, publishes."""

from __future__ import annotations

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


def test_every_drawn_topic_is_published_by_a_node_or_given_by_the_robot():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "astro_nav" / "ros").glob("*.py"))
    given = {"scan", "robot_description", "map"}
    # Zones are drawn once the global planner knows any.
    for topic in TOPICS - given - {"zones"} - {name for name in TOPICS if name.endswith("_updates")}:
        assert f'"{topic}"' in code, topic
