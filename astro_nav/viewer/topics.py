"""Which topics are looked at, and what each is for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ViewedTopic:
    """One topic.

    Attributes:
        name: as the nodes call it; relative names are in the robot's namespace.
        type_name: `package/msg/Name`.
        latched: whether the newest message is kept for those who come later.
        every: whether every message counts, not the newest alone.
        without: the sentence for a robot or a recording that has none; empty when it is not missed.
    """

    name: str
    type_name: str
    latched: bool = False
    every: bool = False
    without: str = ""


MAP = ViewedTopic("map", "nav_msgs/msg/OccupancyGrid", latched=True, without="No map: start a map server or a SLAM.")
LOCAL_MAP = ViewedTopic("local_map", "nav_msgs/msg/OccupancyGrid")
SAFETY_MAP = ViewedTopic("safety_map", "nav_msgs/msg/OccupancyGrid")
CANDIDATES = ViewedTopic("candidates", "visualization_msgs/msg/MarkerArray")
TRAJECTORY = ViewedTopic("trajectory", "astro_nav_msgs/msg/Trajectory")
PLAN = ViewedTopic("plan", "nav_msgs/msg/Path", latched=True)
ODOMETRY = ViewedTopic("odom", "nav_msgs/msg/Odometry", without="No odometry (odom): the speed is not known.")
STATUS = ViewedTopic(
    "local_planner_status",
    "astro_nav_msgs/msg/LocalPlannerStatus",
    without="The local planner says nothing (local_planner_status): what it considers is not shown.",
)
SAFETY = ViewedTopic(
    "safety_state",
    "astro_nav_msgs/msg/SafetyState",
    without="The safety controller says nothing (safety_state): why the robot is slow is not shown.",
)
PEOPLE = ViewedTopic("tracked_obstacles", "astro_nav_msgs/msg/TrackedObstacles")
SCAN = ViewedTopic("scan", "sensor_msgs/msg/LaserScan", without="No scan: the robot sees nothing; start the lidar's driver, or check the topic's name.")
DOORS = ViewedTopic("doors", "visualization_msgs/msg/MarkerArray", latched=True)
ZONES = ViewedTopic("zones", "visualization_msgs/msg/MarkerArray", latched=True)
JOINTS = ViewedTopic("joint_states", "sensor_msgs/msg/JointState")
TRANSFORMS = ViewedTopic("/tf", "tf2_msgs/msg/TFMessage", every=True)
STATIC_TRANSFORMS = ViewedTopic("/tf_static", "tf2_msgs/msg/TFMessage", latched=True, every=True)

VIEWED_TOPICS = (
    MAP, LOCAL_MAP, SAFETY_MAP, CANDIDATES, TRAJECTORY, PLAN, ODOMETRY, STATUS, SAFETY, PEOPLE, SCAN, DOORS, ZONES,
    JOINTS, TRANSFORMS, STATIC_TRANSFORMS,
)  # fmt: skip
