import os
import signal
import sys
import threading
import time

import pytest

from astro_nav.launching import guardian
from astro_nav.launching.errors import LaunchError
from astro_nav.launching.process_spec import ProcessSpec, RespawnPolicy
from astro_nav.launching.supervisor import Supervisor

LIMIT_S = 20.0
# Says that it is ready, then waits to be told to end, and says so.
OBEDIENT = "trap 'echo got INT; exit 0' INT; trap 'echo got TERM; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
STUBBORN = "trap '' INT; trap 'echo got TERM; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
DEAF = "trap '' INT TERM; echo ready; while :; do sleep 0.05; done"


def shell(name, script, **more):
    return ProcessSpec(name, ("/bin/sh", "-c", script), **more)


class Log:
    """A supervisor with all that it said; `act(line, supervisor)` may react to output."""

    def __init__(self, act=lambda name, line, supervisor: None):
        self.lines, self.notices, self.started = [], [], {}
        self.supervisor = Supervisor(
            on_output=lambda name, stream, line: (self.lines.append((name, stream, line)), act(name, line, self.supervisor)),
            on_started=self.started.__setitem__,
            on_notice=self.notices.append,
        )

    def run(self, *specs):
        """Start and watch to the end; a supervisor that does not come to an end is a failure."""
        with self.supervisor as supervisor:
            supervisor.start_all(list(specs))
            deadline = time.monotonic() + LIMIT_S
            while supervisor.step(0.5):
                assert time.monotonic() < deadline, f"still running: {supervisor.running_names}, {self.lines}, {self.notices}"
            return supervisor.exit_code

    @property
    def ends(self):
        return {end.name: end for end in self.supervisor.ends}

    @property
    def order(self):
        return [end.name for end in self.supervisor.ends]


def stop_when_ready(names):
    """Ask for a stop as soon as all of the named processes are ready."""
    waiting = set(names)

    def act(name, line, supervisor):
        if line == "ready":
            waiting.discard(name)
            if not waiting:
                supervisor.stop("test")

    return act


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ends_when_all_have_ended_and_hands_on_every_line():
    log = Log()
    assert log.run(shell("a", "echo one; echo two >&2; printf three"), shell("b", r"printf 'gr\374n\r\n'")) == 0
    assert [entry for entry in log.lines if entry[0] == "a" and entry[1] == "stdout"] == [("a", "stdout", "one"), ("a", "stdout", "three")]
    assert ("a", "stderr", "two") in log.lines
    assert ("b", "stdout", "gr\ufffdn") in log.lines
    assert log.ends["a"].sentence == f"a (pid {log.started['a']}) ended by itself with exit code 0"
    assert log.notices == []


def test_long_output_arrives_whole_and_in_order():
    log = Log()
    log.run(ProcessSpec("flood", (sys.executable, "-c", "for i in range(100000): print(i)")))
    assert [line for _, _, line in log.lines] == [str(number) for number in range(100000)]


def test_line_without_end_is_not_kept_for_ever():
    log = Log()
    log.run(ProcessSpec("blob", (sys.executable, "-c", "print('x' * 300000)")))
    assert "".join(line for _, _, line in log.lines) == "x" * 300000
    assert len(log.lines) > 1


def test_death_of_a_required_process_is_named_and_stops_the_others_in_reverse_order():
    waiting = {"safety", "local", "global"}

    def kill_local(name, line, supervisor):
        waiting.discard(name)
        if line == "ready" and not waiting:
            os.kill(log.started["local"], signal.SIGKILL)

    log = Log(kill_local)
    assert log.run(*(shell(name, OBEDIENT, required=True) for name in ("safety", "local", "global"))) == 1
    assert log.order == ["local", "global", "safety"]
    assert log.ends["local"].sentence == f"local (pid {log.started['local']}) died of SIGKILL"
    assert (log.ends["local"].exit_code, log.ends["local"].failed, log.ends["local"].was_asked) == (-9, True, False)
    assert log.notices == ["local is required: stopping global, safety"]
    told = [entry for entry in log.lines if entry[2] == "got INT"]
    assert told == [("global", "stdout", "got INT"), ("safety", "stdout", "got INT")]


@pytest.mark.parametrize("code, failed", [(0, False), (3, True)])
def test_required_process_that_ends_by_itself_stops_the_others(code, failed):
    log = Log()
    assert log.run(shell("other", OBEDIENT), shell("driver", f"exit {code}", required=True)) == int(failed)
    assert log.order == ["driver", "other"]
    assert not log.ends["other"].failed


def test_process_that_is_not_required_fails_the_run_but_stops_nobody():
    log = Log()
    assert log.run(shell("bad", "exit 5"), shell("good", "sleep 0.3; echo done")) == 1
    assert log.order == ["bad", "good"]
    assert log.ends["bad"].sentence.endswith("died with exit code 5")
    assert ("good", "stdout", "done") in log.lines


def test_ranks_replace_the_order_and_equal_ranks_go_together():
    log = Log(stop_when_ready(["first", "second", "third"]))
    log.run(shell("first", OBEDIENT, stop_rank=1), shell("second", OBEDIENT, stop_rank=2), shell("third", OBEDIENT, stop_rank=1))
    assert log.order[-1] == "second"
    assert log.supervisor.exit_code == 0


def test_next_in_order_does_not_wait_for_one_that_hangs():
    log = Log(stop_when_ready(["safety", "hung"]))
    log.run(shell("safety", OBEDIENT), shell("hung", STUBBORN, sigterm_after_s=2.0))
    assert log.order == ["safety", "hung"]


def test_patience_ends_with_sigterm_and_then_with_sigkill():
    log = Log(stop_when_ready(["stubborn", "deaf"]))
    patience = {"stop_rank": 0, "sigterm_after_s": 0.3, "sigkill_after_s": 0.3}
    assert log.run(shell("stubborn", STUBBORN, **patience), shell("deaf", DEAF, **patience)) == 1
    assert ("stubborn", "stdout", "got TERM") in log.lines
    assert not log.ends["stubborn"].failed
    assert log.ends["deaf"].failed and log.ends["deaf"].exit_code == -signal.SIGKILL
    assert any(f"deaf (pid {log.started['deaf']}) has not ended" in notice and "SIGKILL" in notice for notice in log.notices)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_dying_of_the_signal_that_asked_is_a_clean_end(number):
    log = Log(stop_when_ready(["plain"]))
    script = "echo ready; exec sleep 60"
    if number == signal.SIGTERM:
        script = f"trap '' INT; {script}"  # what a shell ignores, the program that replaces it ignores
    log.run(shell("plain", script, sigterm_after_s=0.3))
    assert (log.ends["plain"].exit_code, log.supervisor.exit_code) == (-number, 0)


def test_crash_while_stopping_is_a_failure():
    log = Log(stop_when_ready(["crash"]))
    assert log.run(shell("crash", "trap 'kill -SEGV $$' INT; echo ready; while :; do sleep 0.05; done")) == 1
    assert log.ends["crash"].sentence.endswith("stopped by SIGSEGV")


def test_haste_sends_stronger_signals_to_all_at_once():
    def act(name, line, supervisor):
        if line == "ready":
            supervisor.stop("test")
            supervisor.hasten()

    log = Log(act)
    log.run(shell("stubborn", STUBBORN))
    assert ("stubborn", "stdout", "got TERM") in log.lines

    def act_twice(name, line, supervisor):
        act(name, line, supervisor)
        supervisor.hasten()

    log = Log(act_twice)
    log.run(shell("deaf", DEAF))
    assert log.ends["deaf"].exit_code == -signal.SIGKILL


def test_stop_can_come_from_another_thread():
    log = Log()
    threading.Timer(0.3, lambda: log.supervisor.stop("from a thread")).start()
    assert log.run(shell("sleeper", "exec sleep 60")) == 0
    assert log.notices[0] == "from a thread: stopping sleeper"


@pytest.mark.parametrize(
    "command, complaint", [(("/no/such/program",), "No such file"), (("/etc/passwd",), "Permission denied"), (("/",), "Permission denied")]
)
def test_command_that_cannot_be_started_is_named_and_stops_the_rest(command, complaint):
    log = Log()
    assert log.run(shell("before", OBEDIENT), ProcessSpec("broken", command), shell("never", "echo never")) == 1
    assert log.order == ["broken", "before"]
    assert "broken could not be started" in log.ends["broken"].sentence and complaint in log.ends["broken"].sentence
    assert "never" not in log.started


def test_start_raises_what_went_wrong():
    with Supervisor() as supervisor, pytest.raises(LaunchError, match="x could not be started"):
        supervisor.start(ProcessSpec("x", ("/no/such/program",)))
    assert supervisor.exit_code == 1


def test_respawn_starts_again_as_often_as_allowed(tmp_path):
    log = Log()
    script = f"echo x >> {tmp_path}/count; exit 4"
    assert log.run(shell("again", script, respawn=RespawnPolicy(delay_s=0.05, max_times=2))) == 1
    assert (tmp_path / "count").read_text() == "x\n" * 3
    assert [end.failed for end in log.supervisor.ends] == [False, False, True]
    assert log.notices == ["again is started again"] * 2


def test_respawn_stops_with_the_rest(tmp_path):
    def act(name, line, supervisor):
        if len(log.supervisor.ends) >= 2:
            supervisor.stop("enough")

    log = Log(act)
    assert log.run(shell("again", "echo up; exit 0", respawn=RespawnPolicy())) == 0
    assert log.supervisor.is_running is False


def test_descendants_that_outlive_their_parent_are_ended(tmp_path):
    log = Log()
    script = f"sleep 60 & echo $! > {tmp_path}/same_group; setsid sleep 61 & echo $! > {tmp_path}/own_session; sleep 0.3"
    log.run(shell("parent", script))
    for name in ("same_group", "own_session"):
        assert not is_alive(int((tmp_path / name).read_text()))
    assert guardian.find_marked_processes(log.supervisor.mark) == []


def test_leaving_the_context_kills_what_is_left(tmp_path):
    with Supervisor() as supervisor:
        pids = [supervisor.start(shell("deaf", DEAF)), supervisor.start(shell("obedient", OBEDIENT))]
    assert not any(is_alive(pid) for pid in pids)
    assert supervisor.exit_code == 1


def test_exception_in_a_callback_leaves_nothing_running():
    def fail(name, stream, line):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Supervisor(on_output=fail) as supervisor:
        pids = [supervisor.start(shell("a", "echo now; exit 0")), supervisor.start(shell("b", f"{OBEDIENT} & {DEAF}"))]
        supervisor.run()
    assert not any(is_alive(pid) for pid in pids)
    assert guardian.find_marked_processes(supervisor.mark) == []


def test_usage_of_every_process_is_measured_without_the_size_of_its_parent():
    ballast = bytearray(os.urandom(1 << 20) * 200)
    log = Log()
    hungry = "import time; block = bytearray(b'x' * 60_000_000); t = time.process_time()\nwhile time.process_time() - t < 0.6: pass"
    log.run(ProcessSpec("hungry", (sys.executable, "-c", hungry)), ProcessSpec("idle", (sys.executable, "-c", "import time; time.sleep(1)")))
    assert len(ballast) == 200 << 20
    assert log.ends["hungry"].usage.cpu_s >= 0.6 > log.ends["idle"].usage.cpu_s
    assert 60_000_000 < log.ends["hungry"].usage.peak_memory_bytes < 150_000_000
    assert 1_000_000 < log.ends["idle"].usage.peak_memory_bytes < 60_000_000
    assert log.ends["idle"].usage.wall_s >= 1.0


def test_environment_folder_and_input_are_as_asked(tmp_path):
    log = Log()
    environment = {"PATH": os.environ["PATH"], "COLOUR": "green"}
    log.run(shell("a", "echo $COLOUR; pwd; cat; echo $PYTHONUNBUFFERED", environment=environment, working_folder=tmp_path))
    assert [line for _, _, line in log.lines] == ["green", str(tmp_path), "1"]


def test_ignored_signals_are_not_handed_on():
    """A runner in the background of a script ignores SIGINT; its nodes must not."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        log = Log(stop_when_ready(["a"]))
        log.run(shell("a", OBEDIENT))
    finally:
        signal.signal(signal.SIGINT, before)
    assert ("a", "stdout", "got INT") in log.lines


def test_signals_become_an_orderly_stop_and_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    log = Log(lambda name, line, supervisor: os.kill(os.getpid(), signal.SIGTERM) if line == "ready" else None)
    with log.supervisor.handle_signals():
        assert signal.getsignal(signal.SIGTSTP) == signal.SIG_IGN
        assert log.run(shell("a", OBEDIENT)) == 0
    assert log.notices == ["SIGTERM received: stopping a"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_repeated_signal_hastens_but_an_echo_of_the_first_does_not():
    def act(name, line, supervisor):
        if line == "ready":
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()

    log = Log(act)
    with log.supervisor.handle_signals():
        log.run(shell("stubborn", STUBBORN))
    assert [notice.split(":")[0] for notice in log.notices] == ["SIGINT received", "in haste"]


def test_ends_are_seen_without_process_descriptors_too(monkeypatch):
    def refuse(pid):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    log = Log()
    assert log.run(shell("a", "exec >&- 2>&-; sleep 0.2; exit 3")) == 1
    assert log.ends["a"].exit_code == 3
