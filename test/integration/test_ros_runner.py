"""A node's last words: signals, exceptions, exit codes, and that shutting down can still publish."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")

from scenes.real_node import CHECKOUT, RealNode, ros_domain, spin_until  # noqa: E402, F401
from std_msgs.msg import String  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")
LIMIT_S = 60.0

PROGRAM = """
import sys, threading, time
from rclpy.duration import Duration
from rclpy.node import Node
from std_msgs.msg import String
from astro_nav.errors import AstroNavError
from astro_nav.ros.runner import run_node

what = sys.argv[1]

class Probe(Node):
    def __init__(self):
        super().__init__("probe")
        print("making", flush=True)
        if what == "slow start":
            time.sleep(60.0)
        if what == "cannot start":
            raise AstroNavError("the cellar door is 0.5 m wide")
        self.is_matched = False
        self.words = self.create_publisher(String, "last_words", 10)
        self.create_timer(0.05, self.tick)
        self.create_subscription(String, "poke", self.take, 10)
        if what == "thread":
            threading.Timer(0.3, self.fail, ["in a thread"]).start()
        print("made", flush=True)

    def tick(self):
        if what == "waits" and not self.is_matched and self.words.get_subscription_count() > 0:
            self.is_matched = True
            print("somebody listens", flush=True)
        if what == "timer":
            self.fail("in a timer")
        if what == "hangs":
            print("hangs now", flush=True)
            time.sleep(600.0)

    def take(self, message):
        self.fail("in a subscription")

    def fail(self, where):
        raise ZeroDivisionError(where)

    def shut_down(self):
        self.words.publish(String(data="good bye"))
        self.words.wait_for_all_acked(Duration(seconds=4))  # sooner than the runner's patience ends
        print("shut down", flush=True)
        if what == "hangs at the end":
            time.sleep(600.0)
        if what == "fails at the end":
            raise RuntimeError("too late")

sys.exit(run_node(Probe))
"""


def start(what: str, folder: Path) -> RealNode:
    return RealNode(("-c", PROGRAM, what), (), folder)


@pytest.fixture
def listener():
    """A node of the test, with what it has heard."""
    node = rclpy.create_node("listener")
    node.heard = []
    node.last_words = node.create_subscription(String, "last_words", lambda message: node.heard.append(message.data), 10)
    yield node
    node.destroy_node()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_node_speak_and_ends_with_code_0(listener, tmp_path: Path, number: int) -> None:
    with start("waits", tmp_path) as node:
        # Each side finds the other at a time of its own, and a word is heard only when both have.
        node.wait_until_it_says("somebody listens")
        assert spin_until(listener, lambda: listener.last_words.get_publisher_count() > 0, LIMIT_S)
        node.process.send_signal(number)
        node.process.send_signal(number)  # a terminal and a launcher both pass it on
        assert spin_until(listener, lambda: listener.heard == ["good bye"], LIMIT_S)
        assert node.wait() == 0
    assert node.output.count("shut down") == 1 and "Traceback" not in node.output


def test_a_signal_during_the_start_ends_it(tmp_path: Path) -> None:
    with start("slow start", tmp_path) as node:
        node.wait_until_it_says("making")
        assert node.stop(signal.SIGTERM) == 0
    assert "Traceback" not in node.output


@pytest.mark.parametrize("what", ["timer", "thread"])
def test_an_exception_ends_the_node_with_code_1_after_its_last_words(tmp_path: Path, what: str) -> None:
    with start(what, tmp_path) as node:
        assert node.wait() == 1
    assert f"ZeroDivisionError: in a {what}" in node.output
    assert node.output.count("shut down") == 1


def test_an_exception_in_a_subscription_ends_the_node_with_code_1(listener, tmp_path: Path) -> None:
    poke = listener.create_publisher(String, "poke", 10)
    with start("waits", tmp_path) as node:

        def poke_until_it_ends() -> bool:
            poke.publish(String())
            return node.process.poll() is not None

        assert spin_until(listener, poke_until_it_ends, LIMIT_S)
        assert node.wait() == 1
    assert "ZeroDivisionError: in a subscription" in node.output and "shut down" in node.output


def test_an_error_of_our_own_is_a_sentence_without_traceback(tmp_path: Path) -> None:
    with start("cannot start", tmp_path) as node:
        assert node.wait() == 1
    assert "the cellar door is 0.5 m wide" in node.output and "Traceback" not in node.output


def test_a_node_that_fails_while_it_shuts_down_ends_with_code_1(tmp_path: Path) -> None:
    with start("fails at the end", tmp_path) as node:
        node.wait_until_it_says("made")
        assert node.stop() == 1
    assert "RuntimeError: too late" in node.output


@pytest.mark.parametrize(("what", "sign"), [("hangs", "hangs now"), ("hangs at the end", "made")])
def test_a_node_that_hangs_is_ended(tmp_path: Path, what: str, sign: str) -> None:
    with start(what, tmp_path) as node:
        node.wait_until_it_says(sign)
        assert node.stop() == 1
    assert "leaving at once" in node.output


@pytest.mark.parametrize(
    ("name", "purpose", "parameter"),
    [
        ("simulator", "embedded simulator", "  world_file = home.yaml"),
        ("safety_controller", "only publisher of `cmd_vel`", "  check.margin_m = "),
        ("local_planner", "a trajectory out", "  horizon.duration_s = 3.0 s"),
        ("global_planner", "way out", "  map_file = "),
    ],
)
def test_every_executable_explains_itself(name: str, purpose: str, parameter: str) -> None:
    words = [sys.executable, "-m", f"astro_nav.ros.{name}_node", "--help"]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: ros2 run astro_nav {name} ")
    assert purpose in done.stdout and parameter in done.stdout
