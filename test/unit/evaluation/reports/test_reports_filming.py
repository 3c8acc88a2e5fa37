"""A film shows what was driven, and taking it changes nothing."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from PIL import Image

from astro_nav.cli.main import main
from astro_nav.errors import AstroNavError
from astro_nav.evaluation.reports import filming
from astro_nav.evaluation.reports.film_json import LENGTH, NONE, make_film_json
from astro_nav.visualization.episode_film import rank_candidates
from astro_nav.visualization.episode_picture import draw_animation, draw_episode, draw_samples, find_spans, place_camera
from astro_nav.visualization.movie_file import write_movie


def test_filming_changes_nothing(filmed, short_loop):
    record, alone = filmed[1], short_loop().run()
    for name in ("times_s", "poses_map", "commands", "clearances_m", "candidates"):
        np.testing.assert_array_equal(getattr(record, name), getattr(alone, name), err_msg=name)


def test_frames_are_taken_when_asked_and_hold_the_truth(filmed):
    film, record = filmed
    times = np.array([frame.time_s for frame in film.frames])
    np.testing.assert_allclose(np.diff(times), 0.2, atol=1e-6)
    rows = np.searchsorted(record.times_s, times - 1e-6)
    np.testing.assert_array_equal([frame.pose_map_base for frame in film.frames], record.poses_map[rows])
    assert record.poses_map[-1, 0] - record.poses_map[0, 0] > 0.5


def test_what_was_considered_begins_where_the_robot_is(filmed):
    """Candidates and plan are in the map at the true place, whatever the drift of the odometry."""
    film = filmed[0]
    moving = [frame for frame in film.frames if len(frame.candidates_map) and frame.twist[0] > 0.1]
    assert moving
    for frame in moving:
        assert np.isfinite(frame.badness[-1]) and frame.badness[-1] == 0.0  # the best is drawn last
        starts = frame.candidates_map[:, 0]
        assert np.hypot(*(starts - frame.pose_map_base[:2]).T).max() < 0.25
        assert np.hypot(*(frame.trajectory_map[0, :2] - frame.pose_map_base[:2])) < 0.25
        low, high = frame.local_map.pose_map_corner[:2], frame.local_map.occupancy.shape[0] * frame.local_map.resolution_m
        assert np.hypot(*(low + 0.5 * high - frame.pose_map_base[:2])) < 1.5


def test_the_sentence_is_the_stacks_own(filmed):
    film = filmed[0]
    assert film.frames[0].sentence  # it says what it waits for before it was sent anywhere
    assert film.outcome.startswith("ran out of time")


def test_candidates_are_thinned_by_rank():
    poses = np.zeros((50, 20, 3), dtype=np.float32)
    poses[:, :, 0] = np.arange(50)[:, None]
    costs = np.arange(50, dtype=np.float32)[::-1].copy()  # the last is the best
    costs[:10] = np.inf
    ways, badness = rank_candidates(poses, costs, 20)
    assert len(ways) == 20 and ways[-1, 0, 0] == 49.0
    assert np.isnan(badness[: 2]).all() and badness[-1] == 0.0
    assert (np.diff(badness[~np.isnan(badness)]) < 0.0).all()


def test_pictures_show_the_moment(filmed):
    film = filmed[0]
    whole, early, late = draw_episode(film), draw_episode(film, 0.5), draw_episode(film, 3.8)
    assert whole.shape == early.shape == (820, 1180, 3) and whole.dtype == np.uint8
    np.testing.assert_array_equal(early, draw_episode(film, 0.5))
    assert (early != late).any(axis=2).mean() > 0.01
    robot = np.array([0xD6, 0x24, 0x9F])
    assert all((np.abs(picture.astype(int) - robot).max(axis=2) < 12).sum() > 200 for picture in (whole, early, late))


def test_the_camera_keeps_the_robot_in_sight_and_stands_still_in_between(filmed):
    film = filmed[0]
    middles = place_camera(film.frames)
    away = np.abs(middles - np.array([frame.pose_map_base[:2] for frame in film.frames]))
    assert away.max() < 2.6
    assert (np.abs(np.diff(middles, axis=0)).max(axis=1) == 0.0).any()


def test_a_gif_has_a_picture_per_frame_and_keeps_the_time(filmed, tmp_path):
    film = filmed[0]
    path = tmp_path / "episode.gif"
    write_movie(draw_animation(film, 40), path, 5.0, draw_samples(film, 40))
    with Image.open(path) as gif:
        assert gif.size == (472, 328) and 0.8 * len(film.frames) <= gif.n_frames <= len(film.frames)
        shown_ms = 0
        for number in range(gif.n_frames):
            gif.seek(number)
            shown_ms += gif.info["duration"]
    assert shown_ms == pytest.approx(200 * (len(film.frames) - 1) + 1500)
    assert path.stat().st_size < 1_500_000


def test_other_endings_and_a_missing_ffmpeg_are_told(tmp_path, monkeypatch):
    with pytest.raises(AstroNavError, match="a .gif or an .mp4"):
        write_movie(iter([]), tmp_path / "x.avi", 10.0, [])
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    with pytest.raises(AstroNavError, match="MP4 needs ffmpeg"):
        write_movie(iter([]), tmp_path / "x.mp4", 10.0, [])


def test_the_players_numbers_are_the_films(filmed):
    film = filmed[0]
    content = json.loads(json.dumps(make_film_json(film), allow_nan=False))
    count = len(film.frames)
    poses = np.frombuffer(base64.b64decode(content["poses"]), "<i2").reshape(count, 4)
    np.testing.assert_allclose(poses[:, :2] / LENGTH, [frame.pose_map_base[:2] for frame in film.frames], atol=0.0051)
    shape = content["shape"]
    ways = np.frombuffer(base64.b64decode(content["candidates"]), "<i2").reshape(count, shape["ways"], shape["points"], 2)
    frame = next(number for number in range(count) if len(film.frames[number].candidates_map))
    np.testing.assert_allclose(ways[frame, -1, 0] / LENGTH, film.frames[frame].candidates_map[-1, 0], atol=0.0051)
    assert (ways[0] == NONE).all() == (len(film.frames[0].candidates_map) == 0)
    people = np.frombuffer(base64.b64decode(content["people"]), "<i2").reshape(count, shape["people"], 3)
    assert people.shape[1] == len({person.name for each in film.frames for person in each.people})
    assert len(content["says"]) == len(content["times"]) == len(content["moving"]) == count


def test_spans_of_a_flag():
    times = np.arange(6.0)
    assert find_spans(times, np.array([True, True, False, False, True, True])) == [(0.0, 1.0), (4.0, 5.0)]
    assert find_spans(times, np.zeros(6, dtype=bool)) == []


def test_render_writes_pictures_and_animations(tmp_path, monkeypatch, capsys, short_loop):
    monkeypatch.setattr(filming, "make_loop", short_loop)
    assert main(["render", "homes:7", "--out", str(tmp_path / "a.png"), "--width", "600"]) == 0
    assert main(["render", "homes:7", "--at", "2", "--out", str(tmp_path / "b.png")]) == 0
    assert main(["render", "homes:7", "--from", "2", "--to", "3", "--fast", "--out", str(tmp_path / "c.gif")]) == 0
    assert str(tmp_path / "c.gif") in capsys.readouterr().out
    with Image.open(tmp_path / "a.png") as a, Image.open(tmp_path / "c.gif") as c:
        assert abs(a.width - 600) <= 6 and abs(c.width - 640) <= 6 and 4 <= c.n_frames <= 7


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["homse:7"], "did you mean homes"),
        (["homes:7:mpi"], "did you mean mppi"),
        (["homes"], "SUITE:SEED"),
        (["homes:x"], "SUITE:SEED"),
        (["homes:7", "--out", "x.jpg"], "a picture is a .png"),
        (["homes:7", "--gif", "--out", "x.png"], "does not end in .gif"),
        (["homes:7", "--at", "3", "--out", "x.gif"], "--at is for a picture"),
        (["homes:7", "--out", "no/such/folder/x.png"], "does not exist"),
        (["homes:7", "--set", "robot.limits.max_sped_mps=1"], "did you mean"),
        (["no/such/run"], "is no run of astro-nav evaluate"),
    ],
)
def test_render_refuses_in_a_sentence(words, sentence, capsys):
    assert main(["render", *words]) == 2
    assert sentence in capsys.readouterr().err


