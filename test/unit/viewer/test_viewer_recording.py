"""A recording becomes a film whose frames can be had in any order; whatever is wrong with it is a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scenes.viewed_recording import write_drive

from astro_nav.viewer.encoding import ViewError
from astro_nav.viewer.film import MAX_COUNT, Film
from astro_nav.viewer.recording import RecordingReader, find_recording
from astro_nav.viewer.scene import ViewedRobot

ROBOT = ViewedRobot(np.array([[0.2, 0.1], [-0.2, 0.1], [-0.2, -0.1], [0.2, -0.1]]))


def read_film(path: Path, namespace: str = "") -> tuple[dict, RecordingReader]:
    reader = RecordingReader(find_recording(path), ROBOT, namespace)
    reader.start()
    assert reader.wait(60.0)
    return json.loads(reader.film.describe()), reader


def test_every_frame_can_be_had_with_the_state_before_it(tmp_path):
    film, reader = read_film(write_drive(tmp_path / "bag"))
    assert film["share"] == 1.0 and film["problem"] == "" and 39 <= film["frames"] <= 41
    for first in (20, 0, 35):
        got = json.loads(reader.film.read(first, 3))
        assert got["first"] == first and len(got["frames"]) == 3
        # 0.5 m/s from (1, 2): where it is follows from the time of the frame.
        for time_s, frame in zip(got["times"], got["frames"]):
            assert frame["robot"]["at"][0] == pytest.approx(500 * time_s, abs=60)
        assert ("map" in got["state"]) == (first > 0)
    reader.close()


def test_moments_that_hold_the_robot_back_are_marked(tmp_path):
    film, reader = read_film(write_drive(tmp_path / "bag"))
    assert [(round(time_s, 1), text) for _, time_s, text in film["marks"]] == [(2.1, "a chair is near")]
    reader.close()


def test_a_long_gap_is_no_row_of_empty_frames(tmp_path):
    film, reader = read_film(write_drive(tmp_path / "bag", gap_s=100_000.0))
    assert film["duration"] > 100_000.0 and film["frames"] < 60
    reader.close()


def test_a_bag_without_the_needed_topics_says_what_is_missing(tmp_path):
    film, reader = read_film(write_drive(tmp_path / "bag", topics=frozenset({"/odom"})))
    notes = json.loads(reader.film.read(film["frames"] - 1, 1))
    said = " ".join(notes["frames"][0].get("notes") or notes["state"]["notes"][1])
    assert "No map" in said and "No transform odom <- base_link" in said and "safety_state" in said
    reader.close()


def test_a_bag_with_none_of_the_topics_is_refused(tmp_path):
    with pytest.raises(ViewError, match=r"none of the topics.*/odom.*--namespace"):
        RecordingReader(write_drive(tmp_path / "bag", topics=frozenset({"/odom"})), ROBOT, "/robot1")


def test_the_folder_of_a_run_and_the_bare_file_are_found(tmp_path):
    bag = write_drive(tmp_path / "run" / "recording", seconds=1.0)
    file = next(bag.glob("*.mcap"))
    assert find_recording(tmp_path / "run") == bag and find_recording(bag) == bag and find_recording(file) == file
    (bag / "metadata.yaml").unlink()
    assert find_recording(bag) == file
    film, reader = read_film(file)
    assert film["frames"] >= 10
    reader.close()


@pytest.mark.parametrize("name", ["absent", "text.txt", "empty", "evaluation"])
def test_what_is_no_recording_is_said(tmp_path, name):
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "run.json").write_text("{}")
    with pytest.raises(ViewError) as caught:
        find_recording(tmp_path / name)
    assert name in str(caught.value)


def test_a_file_that_is_cut_off_or_rubbish_is_a_sentence(tmp_path):
    whole = next(write_drive(tmp_path / "bag").glob("*.mcap")).read_bytes()
    for number, content in enumerate((b"", b"rubbish" * 100, whole[:300], whole[: len(whole) // 2])):
        path = tmp_path / f"{number}.mcap"
        path.write_bytes(content)
        try:
            film, reader = read_film(path)
        except ViewError as error:
            assert str(path) in str(error)
        else:
            assert film["frames"] > 0 or film["problem"]
            reader.close()


def test_frames_that_there_are_not_are_refused_and_blocks_are_bounded():
    film = Film()
    for number in range(MAX_COUNT + 50):
        film.add_frame(0.1 * number, {"robot": b"%d" % number})
    for first in (-1, MAX_COUNT + 50):
        with pytest.raises(ViewError, match="no frame"):
            film.read(first, 1)
    got = json.loads(film.read(10, 10_000))
    assert len(got["frames"]) == MAX_COUNT and got["frames"][5] == {"robot": 15} and got["state"]["robot"][1] == 9
    film.close()


def test_a_film_without_frames_is_empty():
    film = Film()
    assert json.loads(film.read(0, 5)) == {"first": 0, "times": [], "state": {}, "frames": []}
    film.close()
