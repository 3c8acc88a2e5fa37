"""Whatever happens to the runner, its processes end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scenes.install_prefix import CHECKOUT

from astro_nav.launching import guardian

LIMIT_S = 60.0  # for what hangs

# A runner with an obedient child, one that ignores what it can ignore, one in a session of its own, and one behind a shell.
RUNNER = """
import sys
from astro_nav.launching.process_spec import ProcessSpec
from astro_nav.launching.supervisor import Supervisor

loop = "while :; do sleep 0.05; done"
scripts = {
    "obedient": f"trap 'echo INT >> {sys.argv[1]}/told; exit 0' INT; {loop}",
    "deaf": f"trap '' INT TERM HUP; {loop}",
    "parent": f"setsid sh -c '{loop}' & sh -c '{loop}' & {loop}",
}
supervisor = Supervisor()
for name, script in scripts.items():
    supervisor.start(ProcessSpec(name, ("/bin/sh", "-c", script)))
print(supervisor.mark, flush=True)
supervisor.run()
"""


def wait_until(condition):
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def ignores(pid, number):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = int(next(line for line in lines if line.startswith("SigIgn:")).split()[1], 16)
    return bool(mask >> (number - 1) & 1)


@pytest.fixture
def runner(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    mark = process.stdout.readline().strip()
    # The three shells, the two below the last one, and whatever sleeps in them.
    wait_until(lambda: len(guardian.find_marked_processes(mark)) >= 5)
    yield process, mark
    process.kill()
    process.wait()
    process.stdout.close()
    guardian.end_marked_processes(mark, ((signal.SIGKILL, 5.0),))


def test_nothing_outlives_a_runner_that_is_killed(runner, tmp_path):
    process, mark = runner
    process.kill()
    process.wait()
    wait_until(lambda: not guardian.find_marked_processes(mark))
    assert (tmp_path / "told").read_text() == "INT\n", "asked once, so that its last word is not interrupted"


def test_marks_of_other_runs_are_left_alone():
    def start(mark):
        return subprocess.Popen(["sleep", "60"], env={**os.environ, guardian.MARK_VARIABLE: mark})

    mine, other = start("mine"), start("mine-too")
    try:
        wait_until(lambda: guardian.find_marked_processes("mine") == [mine.pid])
        left = guardian.end_marked_processes("mine", ((signal.SIGTERM, 5.0),))
        assert left == [f"{mine.pid} (sleep 60)"]
        assert mine.wait() == -signal.SIGTERM
        assert other.poll() is None
    finally:
        for process in (mine, other):
            process.kill()
            process.wait()


def test_guardian_leaves_when_its_input_closes_and_nothing_is_left():
    process = subprocess.Popen([sys.executable, "-I", "-S", guardian.__file__, "no-such-mark"], stdin=subprocess.PIPE)
    process.stdin.close()
    assert process.wait(LIMIT_S) == 0


def test_guardian_does_not_end_before_the_runner_does():
    process = subprocess.Popen([sys.executable, "-I", "-S", guardian.__file__, "no-such-mark"], stdin=subprocess.PIPE)
    try:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        wait_until(lambda: all(ignores(process.pid, number) for number in numbers))
        for number in numbers:
            process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
    finally:
        process.stdin.close()
        process.wait(LIMIT_S)
