"""Real node processes in a ROS domain of the test's own, and the test's own participant beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
# Limits are for what hangs: on a machine that is busy with something else everything takes many times as long as usual.
START_LIMIT_S = 240.0  # kernels may have to be compiled first
STOP_LIMIT_S = 60.0


@pytest.fixture(scope="module")
def ros_domain() -> Iterator[int]:
    """A domain that nobody else on this machine uses, found on this machine alone; rclpy is initialised in it."""
    rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
    from astro_nav.demo.domain import reserve_domain

    before = dict(os.environ)
    os.environ.pop("ROS_DOMAIN_ID", None)
    domain = reserve_domain(os.environ)
    os.environ.update(ROS_DOMAIN_ID=str(domain.number), ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")
    rclpy.init()
    try:
        yield domain.number
    finally:
        rclpy.try_shutdown()
        os.environ.clear()
        os.environ.update(before)
        domain.release()


class RealNode:
    """A node in a process of its own; use it as a context, which leaves no process behind.

    Args:
        command: arguments of the Python interpreter, e.g. ("-m", "astro_nav.ros.local_planner_node").
        ros_args: what follows `--ros-args`.
        folder: for its output.
    """

    def __init__(self, command: tuple[str, ...], ros_args: tuple[str, ...], folder: Path) -> None:
        self._output_path = folder / f"node_{time.monotonic_ns()}.txt"
        python_path = os.pathsep.join(path for path in (str(CHECKOUT), os.environ.get("PYTHONPATH", "")) if path)
        self.process = subprocess.Popen(
            [sys.executable, *command, "--ros-args", *ros_args],
            env={**os.environ, "PYTHONPATH": python_path},
            stdin=subprocess.DEVNULL,
            stdout=self._output_path.open("w"),
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> RealNode:
        return self

    def __exit__(self, *problem: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def output(self) -> str:
        """Everything that it has said."""
        return self._output_path.read_text()

    def wait_until_it_says(self, text: str) -> None:
        """Wait until its output holds a text."""
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            has_ended = self.process.poll() is not None  # asked first: what it says at its end counts
            if text in self.output:
                return
            assert not has_ended, f"ended with {self.process.returncode}:\n{self.output}"
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, limit_s: float = STOP_LIMIT_S) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(timeout=limit_s)


def spin_until(node, condition: Callable[[], bool], limit_s: float) -> bool:
    """Let a node of the test take messages until a condition holds; returns whether it does."""
    import rclpy

    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        rclpy.spin_once(node, timeout_sec=0.02)
    return True
