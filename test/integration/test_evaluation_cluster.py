"""A run on a Dask cluster: two worker processes on this machine give what processes of its own give."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install distributed")

from distributed import LocalCluster  # noqa: E402  only after it is known to be there
from scenes import evaluation_workers as workers  # noqa: E402

from astro_nav.cli.main import main  # noqa: E402
from astro_nav.evaluation import store  # noqa: E402
from astro_nav.evaluation.executors import connect_cluster  # noqa: E402
from astro_nav.evaluation.metrics import drop_timing  # noqa: E402
from astro_nav.evaluation.runner import run_missing  # noqa: E402
from astro_nav.evaluation.store import RunFolder, RunSettings  # noqa: E402


@pytest.fixture(scope="module")
def address():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_is_an_executor_like_any_other(address, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "compute_fingerprints", lambda settings: {})
    with RunFolder(tmp_path, RunSettings("test", "astro", 0, 6)) as folder, connect_cluster(address) as (executor, slots):
        assert slots == 2
        run_missing(folder, executor, slots, measure=workers.measure_or_raise)
        rows = folder.list_rows()
    assert [row["seed"] for row in rows] == list(range(6))
    assert [row["seed"] for row in rows if row["outcome"] == "crashed"] == [workers.RAISING]


@pytest.mark.long
def test_real_episodes_are_the_same_as_in_processes_of_this_machine(address, tmp_path, monkeypatch):
    words = ["evaluate", "homes", "--episodes", "3", "--no-report"]
    monkeypatch.setattr(store, "compute_fingerprints", lambda settings: {})
    for name, more in (("cluster", ["--scheduler", address]), ("here", ["--workers", "2"])):
        assert main([*words, *more, "--out", str(tmp_path / name), "--json", str(tmp_path / f"{name}.json")]) == 0
    results = [drop_timing(json.loads((tmp_path / f"{name}.json").read_text())) for name in ("cluster", "here")]
    assert results[0] == results[1] and results[0]["episodes"] == 3
