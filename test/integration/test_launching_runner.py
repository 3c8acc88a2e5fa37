"""`astro-nav launch` as a user runs it, on the launch files that ship, with stand-ins for the executables (no ROS needed)."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from scenes.install_prefix import CHECKOUT, InstallPrefix

from astro_nav.launching import guardian

LIMIT_S = 90.0  # for what hangs
THE_THREE = ("safety_controller", "local_planner", "global_planner")


class Launch:
    """A running `astro-nav launch` with everything it has said."""

    def __init__(self, tmp_path, words, **environment):
        self.probes = tmp_path / "probes"
        self.probes.mkdir(exist_ok=True)
        prefix = InstallPrefix(tmp_path / "prefix")
        if not prefix.folder.exists():
            prefix.add_astro_nav()
        self.output_path = tmp_path / "output.txt"
        paths = [str(CHECKOUT), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "astro_nav.cli.main", "launch", *words],
            cwd=tmp_path,
            env={
                **prefix.environment,
                "PYTHONPATH": os.pathsep.join(path for path in paths if path),
                "PROBE_FOLDER": str(self.probes),
                **environment,
            },
            stdout=self.output_path.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def output(self):
        return self.output_path.read_text()

    def get_pid(self, name):
        return int(self.output.split(f"{name} started (pid ")[1].split(")")[0])

    def wait_ready(self, *names):
        self.wait_until(lambda: all(f"[{name}] {name} is ready" in self.output for name in names))

    def wait_until(self, condition):
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < deadline and self.process.poll() is None, self.output
            time.sleep(0.05)

    def wait_end(self):
        try:
            return self.process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(self.output) from None


@pytest.fixture
def launch(tmp_path):
    launches = []

    def launch(*words, **environment):
        launches.append(Launch(tmp_path, words, **environment))
        return launches[-1]

    yield launch
    for one in launches:
        one.process.kill()
        one.process.wait()


def find_probes(folder):
    """Ids of all processes that were started with this probe folder in their environment."""
    wanted = f"PROBE_FOLDER={folder}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    if wanted in file.read().split(b"\0"):
                        found.append(int(entry))
            except OSError:
                continue
    return found


def assert_nothing_is_left(one):
    deadline = time.monotonic() + LIMIT_S
    while find_probes(one.probes):
        assert time.monotonic() < deadline, [guardian.describe_process(pid) for pid in find_probes(one.probes)]
        time.sleep(0.05)


def test_simulation_hands_every_node_what_the_user_gave(launch, tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("/**: {ros__parameters: {robot: {mass_kg: 11.0}}}")
    words = ("map:=house.yaml", "seed:=7", "namespace:=robot1", f"params_file:={overlay}")
    one = launch("simulation.launch.xml", *words)
    one.wait_ready("simulator", *THE_THREE)
    one.process.send_signal(signal.SIGINT)
    assert one.wait_end() == 0, one.output
    records = {name: json.loads((one.probes / f"{name}.json").read_text()) for name in ("simulator", *THE_THREE)}
    world = str(tmp_path / "prefix/share/astro_nav/worlds/home.yaml")
    extra = {
        "simulator": {"world_file": world, "map_file": "house.yaml", "seed": 7, "publish_clock": True},
        "global_planner": {"map_file": ""},
    }
    for name, record in records.items():
        assert record["words"] == ["--ros-args", "-r", f"__node:={name}", "-r", "__ns:=/robot1"]
        assert record["parameters"] == {
            "/**": {"robot": {"mass_kg": 11.0}},
            f"/robot1/{name}": {"use_sim_time": True, **extra.get(name, {})},
        }
        assert record["folder"] == str(tmp_path), "relative paths are the user's"


def test_ctrl_c_stops_planners_before_the_safety_controller(launch):
    one = launch("bringup.launch.xml")
    one.wait_ready(*THE_THREE)
    os.killpg(one.process.pid, signal.SIGINT)  # as a terminal does, to the whole foreground group
    assert one.wait_end() == 0, one.output
    last_words = [line.split()[1] for line in one.output.splitlines() if line.endswith("says its last word")]
    assert last_words == ["global_planner", "local_planner", "safety_controller"]
    assert "[launch] SIGINT received: stopping global_planner, local_planner, safety_controller" in one.output
    assert_nothing_is_left(one)


@pytest.mark.parametrize("victim", THE_THREE)
def test_node_that_is_killed_is_named_and_the_rest_is_stopped(victim, launch):
    one = launch("bringup.launch.xml")
    one.wait_ready(*THE_THREE)
    os.kill(one.get_pid(victim), signal.SIGKILL)
    assert one.wait_end() == 1
    assert f"[launch] {victim} (pid {one.get_pid(victim)}) died of SIGKILL" in one.output
    others = [name for name in THE_THREE if name != victim]
    assert all(f"[{name}] {name} says its last word" in one.output for name in others)
    assert_nothing_is_left(one)


def test_node_that_fails_to_start_up_ends_the_launch(launch):
    one = launch("bringup.launch.xml", PROBE_STAY_S="0.5", PROBE_EXIT_CODE="3")
    assert one.wait_end() == 1
    assert "died with exit code 3" in one.output
    assert_nothing_is_left(one)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_are_passed_on_too(number, launch):
    one = launch("bringup.launch.xml")
    one.wait_ready(*THE_THREE)
    one.process.send_signal(number)
    assert one.wait_end() == 0, one.output
    assert one.output.count("says its last word") == 3
    assert_nothing_is_left(one)


def test_nothing_outlives_a_runner_that_is_killed(launch):
    one = launch("bringup.launch.xml")
    one.wait_ready(*THE_THREE)
    one.process.kill()
    assert one.wait_end() == -signal.SIGKILL
    assert_nothing_is_left(one)


def test_ctrl_c_while_starting_leaves_nothing(launch):
    one = launch("bringup.launch.xml")
    one.wait_until(lambda: "started (pid" in one.output)
    one.process.send_signal(signal.SIGINT)
    assert one.wait_end() in (0, 1), one.output
    assert_nothing_is_left(one)


def test_suspended_node_is_stopped_all_the_same(launch):
    one = launch("bringup.launch.xml", "sigterm_timeout:=1.0", "sigkill_timeout:=3.0")
    one.wait_ready(*THE_THREE)
    os.kill(one.get_pid("local_planner"), signal.SIGSTOP)
    one.process.send_signal(signal.SIGINT)
    assert one.wait_end() == 1
    assert "local_planner" in one.output and "SIGKILL" in one.output
    assert "[safety_controller] safety_controller says its last word" in one.output
    assert_nothing_is_left(one)


def test_parameter_files_of_the_run_are_removed(launch, tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    one = launch("bringup.launch.xml", TMPDIR=str(folder))
    one.wait_ready(*THE_THREE)
    assert len(list(folder.glob("astro_nav_launch_*/*.yaml"))) == 3
    one.process.send_signal(signal.SIGINT)
    assert one.wait_end() == 0
    assert list(folder.iterdir()) == []
