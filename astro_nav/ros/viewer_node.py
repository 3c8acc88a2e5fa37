"""The live side of `astro-nav view`: listens while a browser looks, hands goals on."""

from __future__ import annotations

import importlib
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from rcl_interfaces.srv import GetParameters
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription

from astro_nav.errors import AstroNavError
from astro_nav.geometry.footprint import find_footprint_problem, parse_footprint
from astro_nav.ros.node import LATEST
from astro_nav.ros.runner import run_node
from astro_nav.ros.viewer_goals import ViewerGoals
from astro_nav.types import FloatArray
from astro_nav.viewer.encoding import dump_json
from astro_nav.viewer.hub import Hub
from astro_nav.viewer.scene import Scene, ViewedRobot, describe_robot_shape
from astro_nav.viewer.server import Viewing, ViewServer
from astro_nav.viewer.topics import VIEWED_TOPICS, ViewedTopic

NODE_NAME = "astro_nav_view"
PERIOD_S = 0.1
# A page that is loaded again leaves for a moment.
LINGER_S = 2.0
SETTLED_S = 3.0  # from then on what is missing is missing
# Best effort: a writer never waits for a viewer that cannot keep up.
VOLATILE = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
STATIC = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE, durability=LATEST.durability)
SHAPE_NODE, SHAPE_PARAMETER = "local_planner", "robot.footprint_m"
CANCEL = "cancel"


class ViewerNode(Node):
    """Subscribes to what is shown, but only while somebody watches.

    Args:
        hub: takes what is shown.
        robot: as configured; the running local planner knows better.
        close: called when the node shuts down.
    """

    def __init__(self, hub: Hub, robot: ViewedRobot, close: Callable[[], None] = lambda: None) -> None:
        super().__init__(NODE_NAME, enable_rosout=False, start_parameter_services=False)
        self._hub, self._robot, self._close = hub, robot, close
        self._types = {topic: import_message_class(topic.type_name) for topic in VIEWED_TOPICS}
        self._goals = ViewerGoals(self, robot.map_frame, lambda news: hub.publish({"mission": dump_json(news)}))
        # The newest wish alone counts; written by the server's threads.
        self._wishes: deque[FloatArray | str] = deque(maxlen=1)
        self._scene: Scene | None = None
        self._subscriptions_of_scene: list[Subscription] = []
        self._began_s = self._watched_s = 0.0
        self._shape_client = self.create_client(GetParameters, f"{SHAPE_NODE}/get_parameters")
        self._shape_asked = False
        self._timer = self.create_timer(PERIOD_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def is_listening(self) -> bool:
        """Whether anything is subscribed to."""
        return self._scene is not None

    def shut_down(self) -> None:
        """Called by the runner, while further signals are still taken."""
        self._close()

    def send_goal(self, goal_map: FloatArray) -> None:
        """Drive there; from any thread, returns at once."""
        self._wishes.append(goal_map)

    def cancel(self) -> None:
        """Give up the goal; from any thread, returns at once."""
        self._wishes.append(CANCEL)

    def _look(self) -> None:
        while self._wishes:
            wish = self._wishes.popleft()
            if isinstance(wish, str):
                self._goals.cancel(None if self._scene is None else self._scene.find_robot_pose())
            else:
                self._goals.send(wish)
        now_s = time.monotonic()
        self._goals.look_after(now_s)
        if self._hub.watchers:
            self._watched_s = now_s
            if self._scene is None:
                self._begin(now_s)
        elif self._scene is not None and now_s - self._watched_s > LINGER_S:
            self._end()
        if self._scene is not None:
            self._hub.publish(self._scene.collect_changes(say_missing=now_s - self._began_s > SETTLED_S))
            self._ask_for_shape()

    def _begin(self, now_s: float) -> None:
        scene = self._scene = Scene(self._robot, self._decode)
        self._began_s, self._shape_asked = now_s, False
        self._goals.prepare()
        self._hub.publish({"shape": dump_json(describe_robot_shape(self._robot))})
        for topic in VIEWED_TOPICS:
            quality = (STATIC if topic.every else LATEST) if topic.latched else VOLATILE
            self._subscriptions_of_scene.append(
                self.create_subscription(self._types[topic], topic.name, lambda data, topic=topic: scene.keep(topic, data), quality, raw=True)
            )

    def _end(self) -> None:
        for subscription in self._subscriptions_of_scene:
            self.destroy_subscription(subscription)
        self._subscriptions_of_scene.clear()
        self._scene = None
        self._hub.forget(kept=("mission",))

    def _decode(self, topic: ViewedTopic, data: bytes) -> Any:
        return deserialize_message(data, self._types[topic])

    def _ask_for_shape(self) -> None:
        if not self._shape_asked and self._shape_client.service_is_ready():
            self._shape_asked = True
            self._shape_client.call_async(GetParameters.Request(names=[SHAPE_PARAMETER])).add_done_callback(self._take_shape)

    def _take_shape(self, future: Any) -> None:
        response = future.result()
        text = response.values[0].string_value if response is not None and response.values else ""
        if text and not find_footprint_problem(text):
            shape = describe_robot_shape(self._robot)
            shape["footprint"] = [round(1e3 * value) for value in parse_footprint(text).ravel().tolist()]
            self._hub.publish({"shape": dump_json(shape)})


def import_message_class(type_name: str) -> type:
    """The class of `package/msg/Name`.

    Raises:
        AstroNavError: when its package is not installed.
    """
    package, folder, name = type_name.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.{folder}"), name)
    except (ImportError, AttributeError) as error:
        raise AstroNavError(f"{type_name} is not installed here: build the workspace and source it ({error})") from error


def show_live(server: ViewServer, robot: ViewedRobot, namespace: str, announce: Callable[[], None]) -> int:
    """Serve the running system until a signal.

    Args:
        server: not yet started.
        robot: as configured.
        namespace: "" or "/robot1".
        announce: called once everything is there.

    Returns:
        The exit code.
    """
    hub = Hub()

    def make_node() -> Node:
        node = ViewerNode(hub, robot, server.close)
        title = f"robot {namespace}" if namespace else "live"
        server.start(Viewing({"mode": "live", "title": title, "robot": describe_robot_shape(robot)}, hub=hub, send_goal=node.send_goal, cancel=node.cancel))
        announce()
        return node

    return run_node(make_node, [NODE_NAME, "--ros-args", *(["-r", f"__ns:={namespace}"] if namespace else [])])
