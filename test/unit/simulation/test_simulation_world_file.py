"""World files: what is written is what stands there; everything that is wrong is said at once."""

import math
import re

import numpy as np
import pytest
import yaml

from astro_nav.errors import MapError
from astro_nav.params.files import find_share_folder
from astro_nav.simulation import world_schema as schema
from astro_nav.simulation.map_world import world_from_map
from astro_nav.simulation.solids import SolidIndex
from astro_nav.simulation.world import RecordedTrack, WalkScript
from astro_nav.simulation.world_file import find_world_file, load_world, overlay_world
from astro_nav.types import OccupancyMap

START = {"at_m": [0.0, 0.0], "yaw_deg": 90}


def write_world(folder, name="world.yaml", **sections):
    path = folder / name
    path.write_text(yaml.safe_dump({"start": START, **sections}, sort_keys=False))
    return path


def read_problems(path):
    with pytest.raises(MapError) as caught:
        load_world(path)
    return str(caught.value)


def test_the_shipped_home_is_as_promised():
    world = load_world("home.yaml")
    assert len(world.goals_map) >= 4
    assert sum(not solid.mapped for solid in world.solids) >= 1
    assert len(world.people) == 1 and world.people[0].reacts
    assert all(0.8 <= door.width_m <= 0.9 for door in world.doors)
    legs = [solid for solid in world.solids if solid.is_cylinder and solid.radius_m < 0.03]
    assert len(legs) >= 16


def test_sections_become_things(tmp_path):
    path = write_world(
        tmp_path,
        walls=[{"name": "long", "from_m": [2, -1], "to_m": [2, 3], "thickness_m": 0.2}],
        doors=[
            {
                "name": "gate", "hinge_m": [5, 5], "width_m": 0.9, "closed_yaw_deg": 90, "open_angle_deg": -80,
                "starts_open": False, "schedule": [{"at_s": 3, "does": "open"}], "repeat_s": 10,
            }
        ],
        furniture=[{"name": "box", "type": "box", "at_m": [-2, 0], "yaw_deg": 30, "size_m": [0.5, 0.2, 1]}],
        unmapped=[{"name": "bin", "type": "cylinder", "at_m": [0, -2], "appears_s": 5, "vanishes_s": 7}],
        people=[{"name": "Anna", "waypoints": [{"at_m": [0, 2], "dwell_s": 1}], "speed_mps": 1, "reacts": False}],
        goals={"far": {"at_m": [0, 1], "yaw_deg": 180}},
    )  # fmt: skip
    world = load_world(path)
    wall, box, bin_ = world.solids
    assert wall.kind == "wall" and wall.center_map == (2.0, 1.0) and wall.size_m == (4.0, 0.2)
    assert abs(math.sin(wall.yaw_rad)) == pytest.approx(1.0)
    assert box.yaw_rad == pytest.approx(math.pi / 6) and box.mapped and box.top_m == 1.0
    assert not bin_.mapped and [bin_.is_present(t) for t in (4.9, 5.0, 6.9, 7.0)] == [False, True, True, False]
    door = world.doors[0]
    assert door.closed_yaw_rad == pytest.approx(math.pi / 2) and door.open_angle_rad == pytest.approx(math.radians(-80))
    assert door.schedule[0].opens and door.repeat_s == 10.0 and not door.starts_open
    person = world.people[0]
    assert isinstance(person.motion, WalkScript) and person.motion.waypoints[0].dwell_s == 1.0 and not person.reacts
    np.testing.assert_allclose(world.start_pose_map, [0.0, 0.0, math.pi / 2])
    np.testing.assert_allclose(world.goals_map["far"], [0.0, 1.0, math.pi])


@pytest.mark.parametrize("kind", schema.FURNITURE)
def test_every_piece_of_furniture_stays_within_its_size(tmp_path, kind):
    path = write_world(tmp_path, furniture=[{"name": "piece", "type": kind, "at_m": [3, 4], "yaw_deg": 90}])
    world = load_world(path)
    assert world.solids and all(solid.name == "piece" and solid.kind == "object" for solid in world.solids)
    size = schema.FURNITURE[kind]["size_m"].default
    low = [solid for solid in world.solids if solid.bottom_m < 0.44]
    outline = np.concatenate([solid.compute_outline() for solid in low]) - [3.0, 4.0]
    reach = [size[0] / 2, size[1] / 2] if len(size) == 3 else [size[0], size[0]]
    assert np.abs(outline[:, 1]).max() <= reach[0] + 1e-9  # turned by a quarter: the length lies along y
    assert np.abs(outline[:, 0]).max() <= reach[1] + 1e-9
    seen = SolidIndex(world.solids, lambda solid: solid.bottom_m <= 0.2 <= solid.top_m)
    assert seen.solids
    # What the lidar looks past and the robot would hit stands above something that the lidar sees.
    for solid in low:
        if solid not in seen.solids:
            assert seen.measure_point_distances(solid.compute_outline(), 1.0).max() == 0.0


def test_all_problems_come_at_once_with_unit_and_hint(tmp_path):
    message = read_problems(
        write_world(
            tmp_path,
            walls=[{"name": "a", "from_m": [1, 1], "to_m": [1, 1]}, {"name": "b", "from_m": [1, 1], "tickness_m": 0.1}],
            doors=[{"name": "d", "hinge_m": [5, 5], "closed_yaw_deg": 900}],
            furniture=[{"name": "s", "type": "soffa", "at_m": [3, 3]}, {"name": "t", "at_m": [3, 3]}],
            people=[{"name": "p", "waypoints": [{"at_m": [5, 1]}], "speed_mps": 40, "loop": "circel"}],
            wals=[],
        )
    )
    assert message.startswith("9 problems") and message.count("\n  - ") == 9, message
    for words in (
        ["wals is unknown, did you mean walls"],
        ["wall 1 (a) is 0 m long", "0.01 m"],
        ["wall 2 (b): tickness_m is unknown", "did you mean thickness_m"],
        ["wall 2 (b): to_m [m] is missing"],
        ["door 1 (d): closed_yaw_deg = 900", "[-360, 360] deg"],
        ["furniture 1 (s): type soffa is unknown", "did you mean sofa"],
        ["furniture 2 (t): type is missing"],
        ["person 1 (p): speed_mps = 40", "[0.05, 3] m/s"],
        ["person 1 (p): loop = 'circel'", "did you mean circle"],
    ):
        assert all(word in message for word in words), (words, message)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"start": None}, "start"),
        ({"start": {"at_m": [0, float("nan")]}}, r"start: at_m .* must be \[x, y\] m, finite"),
        ({"walls": {"name": "a"}}, "walls = .* must be a list"),
        ({"walls": ["a"]}, "wall 1 must be a mapping"),
        ({"goals": {"g": [1, 2]}}, "goal g must be a mapping"),
        ({"furniture": [{"name": "b", "type": "box", "at_m": [3, 3], "size_m": [1, 1]}]}, r"size_m .* must be 3 numbers"),
        ({"furniture": [{"name": "b", "type": "box", "at_m": [3, 3], "glass": 1}]}, "must be true or false"),
        ({"people": [{"name": "p"}]}, "either waypoints or track_csv"),
        ({"people": [{"name": "p", "waypoints": []}]}, "at least one"),
        ({"doors": [{"name": "d", "hinge_m": [5, 5], "closed_yaw_deg": 0, "schedule": [{"at_s": 9, "does": "open"}], "repeat_s": 4}]},
         "repeat_s = 4 s must be after the last event"),
        ({"doors": [{"name": "d", "hinge_m": [5, 5], "closed_yaw_deg": 0, "schedule": [{"at_s": 9, "does": "shut"}]}]},
         "event 1: does = 'shut'"),
        ({"doors": [{"name": "d", "hinge_m": [5, y], "closed_yaw_deg": 0} for y in (5, 7)]}, "two doors are named 'd'"),
        ({"furniture": [{"name": "chest", "type": "box", "at_m": [0.1, 0.1]}]}, "start at .* m from chest"),
        ({"furniture": [{"name": "chest", "type": "box", "at_m": [2, 2]}], "goals": {"g": {"at_m": [2, 2.3]}}},
         r"goal g at \(2, 2.3\) m is 0.10 m from chest"),
        ({"walls": [{"name": "w", "from_m": [2, -1], "to_m": [2, 1]}],
          "people": [{"name": "p", "waypoints": [{"at_m": [1, 0]}, {"at_m": [3, 0]}]}]},
         "person p: the straight way from waypoint 1 to 2 comes within 0.00 m of w"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_named(tmp_path, sections, words):
    message = read_problems(write_world(tmp_path, **sections))
    assert re.search(words, message), message


@pytest.mark.parametrize("text", ["just words", "- a", "start: [", "\x00"])
def test_files_that_are_no_world_are_named(tmp_path, text):
    path = tmp_path / "world.yaml"
    path.write_text(text)
    assert "world.yaml" in read_problems(path)


def test_a_missing_file_names_those_that_ship():
    with pytest.raises(MapError, match="hom.yaml does not exist.*home.yaml"):
        find_world_file("hom.yaml")


def test_recorded_people(tmp_path):
    (tmp_path / "tracks.csv").write_text("t_s,ped_id,x_m,y_m\n0.0,1,5,5\n0.4,1,5.4,5\n0,2,7,7\n1,2,8,8\n3,9,1,1\n")
    item = {"name": "street", "track_csv": "tracks.csv", "offset_m": [1, 2], "start_s": 10}
    people = load_world(write_world(tmp_path, people=[item])).people
    assert [person.name for person in people] == ["street 1", "street 2"]  # one sample is no track
    first = people[0]
    assert isinstance(first.motion, RecordedTrack) and (first.start_s, first.end_s) == (10.0, 10.4)
    np.testing.assert_allclose(first.motion.positions_map, [[6.0, 7.0], [6.4, 7.0]])
    assert len(load_world(write_world(tmp_path, people=[{**item, "ped_ids": [2]}])).people) == 1
    assert "ped_ids [9] are not in" in read_problems(write_world(tmp_path, people=[{**item, "ped_ids": [9]}]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("a,b\n1,2\n", "must have the columns"),
        ("", "must have the columns"),
        ("t_s,ped_id,x_m,y_m\n0,1,x,2\n", "line 2.*four numbers"),
        ("t_s,ped_id,x_m,y_m\n0,1,nan,2\n", "line 2.*not finite"),
        ("t_s,ped_id,x_m,y_m\n0,1,1\n", "line 2.*four numbers"),
        ("t_s,ped_id,x_m,y_m\n0,1,1,1\n0,1,2,2\n", "two places at one time"),
    ],
)
def test_recordings_that_cannot_be_read_are_named(tmp_path, content, words):
    if content is not None:
        (tmp_path / "t.csv").write_text(content)
    message = read_problems(write_world(tmp_path, people=[{"name": "p", "track_csv": "t.csv"}]))
    assert re.search(words, message, re.DOTALL), message


def test_a_world_file_laid_over_a_map(tmp_path):
    occupancy = np.zeros((100, 100), dtype=np.int8)
    occupancy[:, :2] = 100
    below = world_from_map(OccupancyMap(occupancy, 0.05, np.zeros(3)))
    path = tmp_path / "extra.yaml"
    path.write_text("unmapped: [{name: parcel, type: box, at_m: [2, 2]}]\ngoals: {there: {at_m: [4, 4]}}\n")
    world = overlay_world(below, path)
    assert len(world.solids) == len(below.solids) + 1
    np.testing.assert_array_equal(world.start_pose_map, below.start_pose_map)
    assert world.source_map is below.source_map and list(world.goals_map) == ["there"]
    path.write_text("start: {at_m: [0.1, 2]}\n")
    with pytest.raises(MapError, match="start at .* from map"):
        overlay_world(below, path)


def test_the_readme_of_worlds_is_true():
    text = (find_share_folder() / "worlds" / "README.md").read_text()
    example = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL).group(1))
    tables = {
        "walls": [schema.WALL], "doors": [schema.DOOR], "people": [schema.PERSON],
        "furniture": list(schema.FURNITURE.values()), "unmapped": list(schema.FURNITURE.values()),
    }  # fmt: skip
    for section, keys in tables.items():
        for item in example[section]:
            assert any(set(item) <= set(table) for table in keys), item
    assert set(example) == set(schema.WORLD)
    for section, table in (("walls", schema.WALL), ("doors", schema.DOOR), ("people", schema.PERSON)):
        written = {key for item in example[section] for key in item}
        assert written == set(table), section
    for name, keys in schema.FURNITURE.items():
        assert f"`{name}`" in text
        assert all(f"`{key}`" in text for key in keys if key not in ("name", "type", "at_m")), name
        assert ", ".join(str(number) for number in keys["size_m"].default) in text, name
