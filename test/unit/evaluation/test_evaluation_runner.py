"""Runs: in parallel, resumed, with workers that die, on a disk without room."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scenes import evaluation_workers as workers

from astro_nav.errors import EvaluationError
from astro_nav.evaluation import store
from astro_nav.evaluation.executors import WorkerProcesses, connect_cluster
from astro_nav.evaluation.runner import run_missing
from astro_nav.evaluation.store import ROWS_FILE, RUN_FILE, RunFolder, RunSettings

TEST_FOLDER = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def any_change_is_a_parameter(monkeypatch):
    """The runner's tests put notes for the workers into `changes`."""
    monkeypatch.setattr(store, "compute_fingerprints", lambda settings: {"parameters": "p", "code": "c"})


def make_settings(episodes, seed=0, trace="", **more) -> RunSettings:
    return RunSettings("test", "astro", seed, episodes, {"trace": str(trace)} if trace else {}, **more)


def run_all(path, settings, measure=workers.measure_at_once, slots=2):
    with RunFolder(path, settings) as folder, ThreadPoolExecutor(slots) as executor:
        run_missing(folder, executor, slots, measure=measure)
        folder.write_result()
        return folder.make_result()


def test_rows_are_in_the_order_of_their_seeds_whatever_the_order_in_which_they_end(tmp_path):
    trace = tmp_path / "trace"
    trace.mkdir()
    result = run_all(tmp_path / "run", make_settings(6, trace=trace), workers.measure_late_first)
    lines = (tmp_path / "run" / ROWS_FILE).read_text().splitlines()
    assert [json.loads(line)["seed"] for line in lines] != list(range(6))
    assert [row["seed"] for row in result["rows"]] == list(range(6))
    assert result["episodes"] == 6 and result["metrics"]["success_rate"] == 1.0
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == result


def test_the_same_command_goes_on_and_repeats_nothing(tmp_path):
    trace = tmp_path / "trace"
    trace.mkdir()
    run_all(tmp_path / "run", make_settings(3, trace=trace))
    result = run_all(tmp_path / "run", make_settings(5, trace=trace))
    assert sorted(int(path.name.split("_")[0]) for path in trace.iterdir()) == [0, 1, 2, 3, 4]
    assert result["episodes"] == 5
    # Fewer than there are: the first ones, nothing is run.
    assert run_all(tmp_path / "run", make_settings(2, trace=trace))["episodes"] == 2
    assert len(list(trace.iterdir())) == 5


def test_a_line_that_a_kill_cut_off_is_run_again(tmp_path):
    run_all(tmp_path, make_settings(3))
    path = tmp_path / ROWS_FILE
    path.write_bytes(path.read_bytes()[:-20])
    assert [row["seed"] for row in run_all(tmp_path, make_settings(3))["rows"]] == [0, 1, 2]
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 3


def test_a_damaged_line_is_named(tmp_path):
    run_all(tmp_path, make_settings(2))
    (tmp_path / ROWS_FILE).write_text('{"seed": 0}\nnonsense\n')
    with pytest.raises(EvaluationError, match="line 2 is no row"):
        run_all(tmp_path, make_settings(2))


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (dict(seed=1), "seed 0 there, 1 here"),
        (dict(maps="/maps"), "maps '' there, '/maps' here"),
    ],
)
def test_other_settings_are_refused(tmp_path, other, sentence):
    run_all(tmp_path, make_settings(1))
    with pytest.raises(EvaluationError, match=sentence):
        run_all(tmp_path, make_settings(1, **other))


@pytest.mark.parametrize("key", ["parameters", "code"])
def test_a_run_does_not_go_on_after_parameters_or_code_have_changed(tmp_path, key):
    run_all(tmp_path, make_settings(1))
    path = tmp_path / RUN_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: "older"}))
    with pytest.raises(EvaluationError, match="changed since"):
        run_all(tmp_path, make_settings(1))


def test_two_runs_do_not_share_a_folder(tmp_path):
    with RunFolder(tmp_path, make_settings(1)):
        with pytest.raises(EvaluationError, match="in use by another"):
            RunFolder(tmp_path, make_settings(1)).__enter__()
    with RunFolder(tmp_path, make_settings(1)):
        pass


def test_a_full_disk_loses_no_finished_episode(tmp_path):
    written = os.write

    def write_half_of_the_third(descriptor, data):
        if (tmp_path / ROWS_FILE).read_bytes().count(b"\n") < 2:
            return written(descriptor, data)
        written(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with RunFolder(tmp_path, make_settings(4)) as folder, ThreadPoolExecutor(1) as executor:
        patch = pytest.MonkeyPatch()
        patch.setattr(os, "write", write_half_of_the_third)
        with pytest.raises(EvaluationError, match="disk is full.*keeps 2 finished episodes.*same command"):
            run_missing(folder, executor, 1, measure=workers.measure_at_once)
        patch.undo()
    assert (tmp_path / ROWS_FILE).read_bytes().count(b"\n") == 2
    assert (tmp_path / ROWS_FILE).read_bytes().endswith(b"\n")
    assert run_all(tmp_path, make_settings(4))["episodes"] == 4


def test_a_worker_that_dies_costs_one_episode():
    """Under real processes, of which one dies and one raises."""
    executor = WorkerProcesses(2)

    class Memory:
        rows: dict = {}

        def list_missing(self):
            return make_settings(6).list_names()

        def add_row(self, row):
            self.rows[row["seed"]] = row

    # Seeds 0..5 only when the run's seed is 0.
    folder = Memory()
    try:
        run_missing(folder, executor, executor.slots, measure=workers.measure_or_crash)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    assert sorted(folder.rows) == list(range(6))
    crashed = {seed: row for seed, row in folder.rows.items() if row["outcome"] == "crashed"}
    assert sorted(crashed) == [workers.CRASHING, workers.RAISING]
    assert "process ended" in crashed[workers.CRASHING]["message"]
    assert crashed[workers.RAISING]["message"] == "RuntimeError: a bug"
    assert all(not row["success"] and row["spl"] == 0.0 for row in crashed.values())


def count_rows(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def list_children(pid: int) -> set[int]:
    children = {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return children.union(*(list_children(child) for child in children))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_keeps_what_was_finished_and_leaves_no_process(tmp_path, number):
    command = [sys.executable, str(TEST_FOLDER / "scenes" / "evaluation_workers.py")]
    command += ["evaluate", "homes", "--episodes", "6", "--workers", "2", "--no-report", "--out", str(tmp_path / "run")]
    search_path = os.pathsep.join([str(TEST_FOLDER), str(TEST_FOLDER.parent), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": search_path}
    rows = tmp_path / "run" / ROWS_FILE
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while count_rows(rows) < 3:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    children = list_children(process.pid)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
        assert process.wait() == 130
        assert "interrupted: 3 of 6 episodes are kept" in process.stderr.read()
    else:
        process.kill()
        process.wait()
    process.stderr.close()
    while any(is_running(child) for child in children):  # ends only when none is left
        time.sleep(0.05)
    assert count_rows(rows) == 3
    finished = subprocess.run(command, env=environment | {"EPISODES_END": "1"}, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert "3 of 6 episodes were finished before" in finished.stdout
    assert count_rows(rows) == 6


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_scheduler_that_does_not_answer_is_named():
    pytest.importorskip("distributed", reason="dask.distributed is not installed: it is the optional extra [cluster]")
    with pytest.raises(EvaluationError, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        with connect_cluster("tcp://127.0.0.1:9"):
            pass
