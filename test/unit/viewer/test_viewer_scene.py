"""What comes as messages is what the page gets: places, runs of cells, lines, and sentences for what is missing."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scenes.viewed_recording import Messages

from astro_nav.viewer import topics
from astro_nav.viewer.encoding import ViewError, encode_grid, encode_picture, join_segments
from astro_nav.viewer.marker_reading import LINE_LIST, LINE_STRIP, TEXT, PictureError, read_markers
from astro_nav.viewer.scene import MAX_WAITING, Scene, ViewedRobot

FOOTPRINT = np.array([[0.2, 0.1], [-0.2, 0.1], [-0.2, -0.1], [0.2, -0.1]])


@pytest.fixture(scope="module")
def made() -> Messages:
    return Messages()


@pytest.fixture()
def scene(made: Messages) -> Scene:
    return Scene(ViewedRobot(FOOTPRINT), lambda topic, data: made.store.deserialize_cdr(data, topic.type_name))


def expand_runs(runs: list[int]) -> list[int]:
    return [shade for shade, count in zip(runs[::2], runs[1::2]) for _ in range(count)]


def test_a_grid_arrives_cell_by_cell(made):
    values = np.array([[-1, 0, 1, 24], [25, 26, 50, 51], [75, 76, 99, 100]], dtype=np.int8)
    part = encode_grid(made.grid(values, 0.05, "odom", (1.0, -2.0, 0.5)))
    assert expand_runs(part["cells"]) == [5, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4]
    assert (part["size"], part["resolution"], part["origin"], part["frame"]) == ([4, 3], pytest.approx(0.05), [1000, -2000, 0.5], "odom")


def test_a_random_grid_survives(made):
    values = np.random.default_rng(1).choice([-1, 0, 100], size=(37, 53)).astype(np.int8)
    wanted = np.select([values < 0, values == 0], [5, 0], 4).ravel().tolist()
    assert expand_runs(encode_grid(made.grid(values))["cells"]) == wanted


@pytest.mark.parametrize(("shape", "resolution"), [((0, 4), 0.1), ((2, 2), 0.0), ((2, 2), math.nan)])
def test_a_grid_that_is_none_is_refused(made, shape, resolution):
    with pytest.raises(ViewError, match="cannot be drawn"):
        encode_grid(made.grid(np.zeros(shape), resolution))


def test_the_robot_is_placed_through_the_chain_of_frames(made, scene):
    scene.keep(topics.TRANSFORMS, made.serialize(made.transforms(("map", "odom", 10.0, 0.0, math.pi / 2))))
    scene.keep(topics.TRANSFORMS, made.serialize(made.transforms(("odom", "base_footprint", 1.0, 2.0, 0.0), ("base_footprint", "base_link", 0.5, 0.0, 0.0))))
    scene.keep(topics.ODOMETRY, made.serialize(made.odometry(0.0, 0.3)))
    robot = json.loads(scene.collect_changes()["robot"])
    assert robot["at"] == [1500, 2000, 0.0] and robot["odom"] == [10000, 0, round(math.pi / 2, 4)] and robot["speed"] == [0.3, 0.0]
    assert scene.find_robot_pose() == pytest.approx([8.0, 1.5, math.pi / 2])


def test_only_what_is_new_is_told_and_only_the_newest_is_decoded(made):
    decoded = []

    def decode(topic, data):
        decoded.append(topic.name)
        return made.store.deserialize_cdr(data, topic.type_name)

    scene = Scene(ViewedRobot(FOOTPRINT), decode)
    for speed in (0.1, 0.2, 0.3):
        scene.keep(topics.ODOMETRY, made.serialize(made.odometry(0.0, speed)))
    assert json.loads(scene.collect_changes()["robot"])["speed"][0] == 0.3 and decoded == ["odom"]
    assert scene.collect_changes() == {}


def test_what_nobody_fetches_does_not_pile_up(made, scene):
    data = made.serialize(made.transforms(("map", "odom", 1.0, 0.0, 0.0)))
    for _ in range(3 * MAX_WAITING):
        scene.keep(topics.TRANSFORMS, data)
    assert len(scene._waiting[topics.TRANSFORMS]) == MAX_WAITING


def test_frames_in_a_circle_are_no_trap(made, scene):
    scene.keep(topics.TRANSFORMS, made.serialize(made.transforms(("base_link", "odom", 1.0, 0.0, 0.0), ("odom", "base_link", 1.0, 0.0, 0.0))))
    assert json.loads(scene.collect_changes()["robot"])["odom"] is None


def test_what_is_missing_is_said_and_then_no_more(made, scene):
    notes = json.loads(scene.collect_changes()["notes"])
    assert any("No map" in note for note in notes) and any("map <- odom" in note and "localizer" in note for note in notes)
    scene.keep(topics.MAP, made.serialize(made.grid(np.zeros((2, 2)))))
    scene.keep(topics.TRANSFORMS, made.serialize(made.transforms(("map", "odom", 0.0, 0.0, 0.0), ("odom", "base_link", 0.0, 0.0, 0.0))))
    notes = json.loads(scene.collect_changes()["notes"])
    assert not any("No map" in note or "No transform" in note for note in notes)


def test_a_broken_message_is_said_and_the_others_are_shown(made, scene):
    scene.keep(topics.MAP, made.serialize(made.grid(np.zeros((0, 3)))))
    scene.keep(topics.CANDIDATES, b"\x00\x01\x00\x00\xff\xff")
    scene.keep(topics.ODOMETRY, made.serialize(made.odometry(0.0, 0.2)))
    parts = scene.collect_changes()
    assert "map" not in parts and "picture" not in parts and json.loads(parts["robot"])["speed"][0] == 0.2
    notes = json.loads(parts["notes"])
    assert any("map cannot be shown" in note for note in notes) and any("candidates cannot be shown" in note for note in notes)


def test_numbers_that_are_none_never_reach_the_page(made, scene):
    scene.keep(topics.ODOMETRY, made.serialize(made.odometry(0.0, math.nan)))
    scene.keep(topics.SAFETY, made.serialize(made.safety(99, "?", math.inf)))
    parts = scene.collect_changes()
    assert json.loads(parts["robot"])["speed"][0] is None
    safety = json.loads(parts["safety_state"])
    assert safety["scale"] is None and safety["by"] == "99" and safety["contact"] is None


def test_markers_are_read_as_they_were_written(made):
    points, colors = [(0.0, 0.5), (1.0, 0.25), (1.0, 0.25), (2.0, -3.0)], [(0.25, 0.5, 0.75, 1.0)] * 4
    data = made.serialize(made.markers(made.marker("ways", LINE_LIST, points, colors), made.marker("none", LINE_LIST, [], []), made.marker("names", TEXT, [], [], "Ännchen")))
    ways, none, names = read_markers(data)
    assert (ways.name, ways.frame, ways.kind, ways.stamp_s, ways.width_m) == ("ways", "odom", LINE_LIST, 3.5, 0.02)
    assert ways.points[:, :2].tolist() == [list(point) for point in points] and ways.colors.tolist() == [list(color) for color in colors]
    assert len(none.points) == 0 and (names.text, names.position.tolist(), names.width_m) == ("Ännchen", [1.0, 2.0, 0.0], 0.12)
    picture = encode_picture(data)
    assert picture["lines"] == {"ways": [[64, 128, 191, 1.0, 0, 500, 1000, 250, 2000, -3000]]}
    assert picture["labels"] == [["names", 1000, 2000, "Ännchen"]]


def test_markers_that_are_cut_off_anywhere_are_refused(made):
    data = made.serialize(made.markers(made.marker("ways", LINE_LIST, [(0.0, 1.0), (2.0, 3.0)], [(1.0, 0.0, 0.0, 1.0)] * 2, "text")))
    for length in range(len(data)):
        with pytest.raises(PictureError):
            read_markers(data[:length])


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_refused_or_read(seed):
    data = b"\x00\x01\x00\x00\x03\x00\x00\x00" + np.random.default_rng(seed).bytes(400)
    with pytest.raises(PictureError):
        read_markers(data)


def test_segments_are_joined_where_they_go_on_in_one_colour():
    red, green = (1.0, 0.0, 0.0, 0.5), (0.0, 1.0, 0.0, 0.5)
    points = np.array([[0, 0], [1, 0], [1, 0], [2, 0], [2, 0], [3, 0], [9, 9], [9, 8], [np.nan, 0], [1, 1]], dtype=float)
    colors = np.array([red] * 4 + [green] * 6)
    assert join_segments(points, colors) == [
        [255, 0, 0, 0.5, 0, 0, 1000, 0, 2000, 0], [0, 255, 0, 0.5, 2000, 0, 3000, 0], [0, 255, 0, 0.5, 9000, 9000, 9000, 8000]
    ]  # fmt: skip


def test_rays_end_where_the_laser_saw_something(made, scene):
    """Whatever the order in which scan and transforms came."""
    scene.keep(topics.SCAN, made.serialize(made.scan([2.0, 1.0, math.inf, 0.05, 20.0])))
    scene.keep(topics.TRANSFORMS, made.serialize(made.transforms(("odom", "base_link", 3.0, 1.0, math.pi / 2))))
    scene.keep(topics.STATIC_TRANSFORMS, made.serialize(made.transforms(("base_link", "laser", 0.5, 0.0, 0.0))))
    part = json.loads(scene.collect_changes()["scan"])
    # The laser is at (3, 1.5), looks along y; what is nowhere, too near and too far is not shown.
    assert part == {"frame": "odom", "points": [3000, 3500, 2000, 1500]}


def test_a_scan_that_cannot_be_placed_is_said(made, scene):
    scene.keep(topics.TRANSFORMS, made.serialize(made.transforms(("map", "odom", 0.0, 0.0, 0.0), ("odom", "base_link", 0.0, 0.0, 0.0))))
    scene.keep(topics.SCAN, made.serialize(made.scan([1.0], frame="/lidar_top")))
    parts = scene.collect_changes()
    assert "scan" not in parts and "No transform base_link <- lidar_top: the scan cannot be placed" in parts["notes"].decode()
    scene.keep(topics.STATIC_TRANSFORMS, made.serialize(made.transforms(("base_link", "lidar_top", 0.0, 0.0, 0.0))))
    scene.keep(topics.SCAN, made.serialize(made.scan([1.0], frame="/lidar_top")))
    parts = scene.collect_changes()
    assert json.loads(parts["scan"])["points"] == [1000, 0] and "cannot be placed" not in parts["notes"].decode()


def test_a_robot_without_a_scan_is_said(scene):
    assert any(note.startswith("No scan") for note in json.loads(scene.collect_changes()["notes"]))


def test_doors_and_zones_arrive_with_colours_and_names(made, scene):
    doors = made.markers(made.marker("doors", LINE_LIST, [(0, 0), (1, 0), (2, 2), (2, 3)], []), made.marker("door names", TEXT, [], [], "kitchen: open 90 %"))
    scene.keep(topics.DOORS, made.serialize(doors))
    scene.keep(topics.ZONES, made.serialize(made.markers(made.marker("zones", LINE_STRIP, [(0, 0), (4, 0), (4, 4), (0, 0)], []))))
    parts = scene.collect_changes()
    assert json.loads(parts["doors"])["lines"] == [[255, 255, 255, 1.0, 0, 0, 1000, 0], [255, 255, 255, 1.0, 2000, 2000, 2000, 3000]]
    assert json.loads(parts["doors"])["labels"] == [[1000, 2000, "kitchen: open 90 %"]]
    assert json.loads(parts["zones"])["lines"] == [[255, 255, 255, 1.0, 0, 0, 4000, 0, 4000, 4000, 0, 0]]
    scene.keep(topics.ZONES, made.serialize(made.markers()))
    assert json.loads(scene.collect_changes()["zones"]) == {"frame": "", "lines": [], "labels": []}
