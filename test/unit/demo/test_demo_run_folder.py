"""Where the files of a run go."""

import datetime

import pytest

from astro_nav.demo.run_folder import RunFolderError, make_run_folder

NOW = datetime.datetime(2030, 1, 2, 3, 4, 5)


def test_latest_points_to_the_newest_run(tmp_path):
    first = make_run_folder(tmp_path / "runs", {}, NOW)
    second = make_run_folder(tmp_path / "runs", {}, NOW)
    assert first.path.name == "2030-01-02_03-04-05"
    assert second.path != first.path
    assert (tmp_path / "runs" / "latest").resolve() == second.path.resolve()
    assert second.logs.is_dir()


def test_a_folder_that_cannot_be_written_is_replaced_with_a_sentence(tmp_path):
    (tmp_path / "readonly").write_text("a file in the way refuses root too")
    state = tmp_path / "state"
    run = make_run_folder(tmp_path / "readonly" / "runs", {"XDG_STATE_HOME": str(state)}, NOW)
    assert run.path.parent == state / "astro_nav" / "runs"
    assert "readonly/runs cannot be written" in run.note
    assert str(run.path) in run.note


def test_without_any_place_there_is_a_remedy(tmp_path):
    (tmp_path / "readonly").write_text("")
    with pytest.raises(RunFolderError, match="--out DIR"):
        make_run_folder(tmp_path / "readonly" / "runs", {"XDG_STATE_HOME": str(tmp_path / "readonly" / "state")}, NOW)


def test_a_real_folder_called_latest_is_left_alone(tmp_path):
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine.txt").write_text("kept")
    make_run_folder(tmp_path, {}, NOW)
    assert (tmp_path / "latest" / "mine.txt").read_text() == "kept"
