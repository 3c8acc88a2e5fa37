"""The real launch file, the real processes, DDS: a goal is reached, and nothing stays behind however a run ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("astro_nav_msgs", reason="needs the built interfaces")
pytest.importorskip("mujoco", reason="needs the simulator's physics engine")

MARK = "ASTRO_NAV_TEST_MARK"
START_PATIENCE_S = 240.0  # the kernels may have to be compiled first
NEAR_GOAL = "2.2,4.2,0"
FAR_GOAL = "8.6,4.2,0"


class DemoRun:
    """`astro-nav demo` as a process whose descendants can be found."""

    def __init__(self, out: Path, *arguments: str) -> None:
        self.out, self.mark, self.lines = out, uuid.uuid4().hex, []
        environment = {**os.environ, MARK: self.mark, "PYTHONUNBUFFERED": "1"}
        environment.pop("ROS_DOMAIN_ID", None)
        command = [sys.executable, "-m", "astro_nav.cli.main", "demo", "--no-panel", "--out", str(out), *arguments]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )

    def wait_for_line(self, part: str) -> None:
        """Read until a line holds `part`."""
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if part in line:
                return
        pytest.fail(f"the demo ended without {part!r}:\n" + "\n".join(self.lines))

    def finish(self) -> int:
        """Read to the end; returns the exit code."""
        self.lines += self.process.communicate(timeout=START_PATIENCE_S)[0].splitlines()
        return self.process.returncode

    def find_processes(self) -> dict[int, str]:
        """Processes of this run that are alive: id -> command line."""
        wanted, found = f"{MARK}={self.mark}".encode(), {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # ended meanwhile
        return found

    def find_process(self, part: str) -> int:
        """The process whose command line holds `part`."""
        return next(pid for pid, command in self.find_processes().items() if part in command)

    def wait_until_gone(self, patience_s: float) -> dict[int, str]:
        """What is still alive after a while; empty is good."""
        end_s = time.monotonic() + patience_s
        while (left := self.find_processes()) and time.monotonic() < end_s:
            time.sleep(0.1)
        return left

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def summary(self) -> dict:
        return json.loads((self.out / "latest" / "summary.json").read_text())


@pytest.fixture
def start_demo(tmp_path):
    runs = []

    def start(*arguments: str) -> DemoRun:
        runs.append(DemoRun(tmp_path / "runs", *arguments))
        return runs[-1]

    yield start
    for run in runs:
        for pid in run.find_processes():
            os.kill(pid, signal.SIGKILL)
        run.process.stdout.close()
        run.process.wait()


def count_recorded(recording: Path) -> dict[str, int]:
    """Topic -> number of messages, each of them deserialized."""
    from rosbags.highlevel import AnyReader

    counts: dict[str, int] = {}
    with AnyReader([recording]) as reader:
        for connection, _, data in reader.messages():
            reader.deserialize(data, connection.msgtype)
            counts[connection.topic] = counts.get(connection.topic, 0) + 1
    return counts


def test_a_goal_is_reached_recorded_and_reported(start_demo):
    run = start_demo("--goals", NEAR_GOAL)
    code = run.finish()
    assert code == 0, run.text
    assert run.wait_until_gone(1.0) == {}
    summary = run.summary
    assert (summary["success"], summary["goals_reached"], summary["contacts"]) == (True, 1, 0)
    assert 1.0 < summary["goals"][0]["path_length_m"] < 2.5
    assert {process["name"] for process in summary["processes"]} == {
        "simulator", "safety_controller", "local_planner", "global_planner", "recorder",
    }  # fmt: skip
    assert all(process["cpu_s"] > 0.0 and process["peak_memory_mb"] > 10.0 for process in summary["processes"])
    assert (run.out / "latest" / "picture.png").stat().st_size > 10_000
    counts = count_recorded(run.out / "latest" / "recording")
    for topic in ("/map", "/plan", "/trajectory", "/scan", "/odom", "/tf", "/tf_static", "/cmd_vel", "/safety_state",
                  "/local_planner_status", "/simulation/state", "/candidates"):  # fmt: skip
        assert counts.get(topic, 0) > 0, f"{topic} was not recorded: {counts}"


def test_ctrl_c_on_the_way_keeps_what_was_done_and_leaves_nothing(start_demo):
    run = start_demo("--goals", FAR_GOAL)
    run.wait_for_line("goal 1 of 1")
    time.sleep(2.0)
    run.process.send_signal(signal.SIGINT)
    assert run.finish() == 130, run.text
    assert run.wait_until_gone(1.0) == {}
    assert run.summary["cause"] == "interrupted"
    assert count_recorded(run.out / "latest" / "recording")["/odom"] > 20


def test_a_node_that_dies_is_named_at_once_and_the_robot_stands(start_demo):
    run = start_demo("--goals", FAR_GOAL)
    run.wait_for_line("goal 1 of 1")
    time.sleep(2.0)
    pid = run.find_process("__node:=local_planner")
    os.kill(pid, signal.SIGKILL)
    assert run.finish() == 1, run.text
    assert run.wait_until_gone(1.0) == {}
    assert f"local_planner (pid {pid}) died of SIGKILL" in run.text
    assert "the robot stands still" in run.text
    assert run.summary["success"] is False


def test_killing_the_demo_itself_leaves_no_process_and_a_whole_recording(start_demo):
    run = start_demo("--goals", FAR_GOAL)
    run.wait_for_line("goal 1 of 1")
    time.sleep(1.0)
    run.process.kill()
    run.process.wait()
    assert run.wait_until_gone(10.0) == {}
    assert count_recorded(run.out / "latest" / "recording")["/odom"] > 0
