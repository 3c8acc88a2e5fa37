"""No process of a set-up outlives it, whoever ends it and how."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "tools"
# Generous: only a failure waits as long.
LIMIT_S = 30.0

# A guard, its work, a child of it that ignores polite requests, and an orphan in a session of its own.
PROGRAM = f"""
import subprocess, sys, time
sys.path.insert(0, {str(TOOLS)!r})
from pypi_setup.supervision import supervise

MARK = sys.argv[1]
DEAF = "import signal, sys, time; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
ORPHAN = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', sys.argv[1]], start_new_session=True)"

def work():
    subprocess.run([sys.executable, "-c", ORPHAN, MARK])
    child = subprocess.Popen([sys.executable, "-c", DEAF, MARK])
    time.sleep(0.3)
    print("ready", flush=True)
    if sys.argv[2] == "end":
        return 7
    if sys.argv[2] == "fail":
        raise RuntimeError("the work failed")
    time.sleep(600)

sys.exit(supervise(work, grace_s=0.5))
"""


def list_processes(mark: str) -> list[int]:
    """Returns the processes whose command line holds a mark, those that have ended left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / "cmdline").read_bytes().split(b"\0") and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def wait_until_gone(mark: str) -> list[int]:
    """Waits until no process bears a mark; returns those that do in the end."""
    deadline = time.monotonic() + LIMIT_S
    while (left := list_processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


@pytest.fixture
def start(request):
    started = []

    def start_program(ending: str) -> tuple[subprocess.Popen, str]:
        mark = f"astro-nav-test-{os.getpid()}-{time.monotonic_ns()}"
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, mark, ending], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(mark)
        assert process.stdout.readline() == "ready\n"
        return process, mark

    yield start_program
    for mark in started:
        for pid in list_processes(mark):
            os.kill(pid, signal.SIGKILL)


def find_work(guard: int) -> int:
    """Returns the process in which the work runs."""
    children = Path(f"/proc/{guard}/task/{guard}/children")
    for pid in map(int, children.read_text().split()):
        if os.getpgid(pid) == pid and f"{pid}" != f"{guard}" and Path(f"/proc/{pid}/cmdline").read_bytes() == Path(f"/proc/{guard}/cmdline").read_bytes():
            return pid
    raise AssertionError("the guard has no work")


def test_the_exit_code_is_the_work_s_and_nothing_is_left(start):
    process, mark = start("end")
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == 7
    assert list_processes(mark) == []


def test_a_failure_is_told_and_nothing_is_left(start):
    process, mark = start("fail")
    _out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1
    assert "the work failed" in err
    assert list_processes(mark) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_guard_ends_all(start, number):
    process, mark = start("stay")
    process.send_signal(number)
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == 128 + number
    assert list_processes(mark) == []


def test_a_killed_work_leaves_nothing(start):
    process, mark = start("stay")
    os.kill(find_work(process.pid), signal.SIGKILL)
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == 128 + signal.SIGKILL
    assert list_processes(mark) == []


def test_a_killed_guard_leaves_nothing(start):
    process, mark = start("stay")
    assert len(list_processes(mark)) == 4
    process.kill()
    process.wait(timeout=LIMIT_S)
    assert wait_until_gone(mark) == []
