"""The SDF of a world stands where the world stands, and its people walk the embedded simulator's ways."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest

from astro_nav.errors import MapError
from astro_nav.mapping.map_file import load_map
from astro_nav.params.files import load_params
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.colors import COLORS
from astro_nav.simulation.gazebo.sdf_people import build_person_mesh, list_meshes, name_mesh, plan_timetable
from astro_nav.simulation.gazebo.sdf_world import build_sdf, make_name
from astro_nav.simulation.gazebo.world_folder import write_world_folder
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import Door, PersonScript, RecordedTrack, WalkScript, Waypoint, World
from astro_nav.simulation.world_file import load_world


@pytest.fixture(scope="module")
def params():
    return load_params(SimulatorParams, "simulator")


def read_numbers(element, path):
    return [float(word) for word in element.findtext(path).split()]


def find_model(sdf, ending):
    return next(model for model in ElementTree.fromstring(sdf).iter("model") if model.get("name").endswith(ending))


def make_world(*solids, **more):
    return World("probe", tuple(solids), **more)


BOX = Solid("crate", "object", (1.0, 2.0), yaw_rad=0.5, size_m=(0.4, 0.3), bottom_m=0.1, top_m=0.9, color="red")


def test_a_box_has_its_place_size_and_colour():
    model = find_model(build_sdf(make_world(BOX)), "crate")
    assert model.findtext("static") == "true"
    for part in ("collision", "visual"):
        assert read_numbers(model, f"link/{part}/pose") == pytest.approx([1.0, 2.0, 0.5, 0.0, 0.0, 0.5])
        assert read_numbers(model, f"link/{part}/geometry/box/size") == pytest.approx([0.4, 0.3, 0.8])
    assert read_numbers(model, "link/visual/material/diffuse") == pytest.approx(COLORS["red"])


def test_a_cylinder_has_its_radius_and_length():
    model = find_model(build_sdf(make_world(Solid("pot", "object", (3.0, 1.0), radius_m=0.2, top_m=0.6))), "pot")
    assert read_numbers(model, "link/collision/pose") == pytest.approx([3.0, 1.0, 0.3, 0.0, 0.0, 0.0])
    assert read_numbers(model, "link/collision/geometry/cylinder/radius") == [0.2]
    assert read_numbers(model, "link/collision/geometry/cylinder/length") == [0.6]


def test_glass_stops_the_robot_and_not_the_lidar():
    pane = Solid("pane", "wall", (0.0, 0.0), size_m=(2.0, 0.1), top_m=2.4, glass=True)
    model = find_model(build_sdf(make_world(pane)), "walls")
    assert read_numbers(model, "link/collision/geometry/box/size")[2] == pytest.approx(2.4)
    low = read_numbers(model, "link/visual/pose")[2] - 0.5 * read_numbers(model, "link/visual/geometry/box/size")[2]
    assert low > 0.5, "what is drawn is what Gazebo's lidar sees"


def test_what_is_not_there_at_the_start_is_left_out_and_named():
    later = Solid("ball", "object", (0.0, 0.0), radius_m=0.1, times_s=((5.0, math.inf),))
    sdf = build_sdf(make_world(BOX, later))
    assert [model.get("name") for model in ElementTree.fromstring(sdf).iter("model")] == ["floor", "000_crate"]
    assert "ball appears or vanishes during a run: here it is left out." in sdf


def test_a_door_turns_about_its_hinge_from_closed_to_open():
    door = Door("front door", (1.0, 2.0), 0.8, closed_yaw_rad=0.5 * math.pi, open_angle_rad=-1.5, starts_open=True)
    model = find_model(build_sdf(make_world(BOX, doors=(door,))), "front_door")
    assert read_numbers(model, "pose") == pytest.approx([1.0, 2.0, 0.0, 0.0, 0.0, 0.5 * math.pi], abs=1e-6)
    panel, hinge = read_numbers(model, "link/pose"), read_numbers(model, "joint/pose")
    assert np.add(panel[:2], hinge[:2]) == pytest.approx([0.0, 0.0])
    lower, upper = read_numbers(model, "joint/axis/limit/lower")[0], read_numbers(model, "joint/axis/limit/upper")[0]
    assert lower < -1.5 < 0.0 < upper < 0.1
    assert read_numbers(model, "plugin/initial_position") == [-1.5]
    assert read_numbers(model, "plugin/cmd_max") == [door.speed_radps]


def test_names_suit_topics_and_entities():
    assert make_name("kitchen door (old)!") == "kitchen_door__old"
    assert make_name("???") == "unnamed"


def test_the_home_has_everything_that_the_embedded_simulator_has():
    world = load_world("home.yaml")
    root = ElementTree.fromstring(build_sdf(world))
    collisions = [c for model in root.iter("model") if model.findtext("static") == "true" for c in model.iter("collision")]
    assert len(collisions) == len(world.solids) + 1, "and the floor"
    places = sorted(tuple(np.round(read_numbers(c, "pose")[:2], 5)) for c in collisions if c.get("name") != "collision")
    assert places == sorted(tuple(np.round(solid.center_map, 5)) for solid in world.solids)
    names = [e.get("name") for e in root.find("world") if e.tag in ("model", "actor")]
    assert len(names) == len(set(names))
    assert [actor.get("name") for actor in root.iter("actor")] == ["Anna"]


def walk(loop, *points, dwell_s=0.0, **more):
    waypoints = tuple(Waypoint(point, dwell_s) for point in points)
    return PersonScript("Anna", WalkScript(waypoints, loop, speed_mps=0.5), **more)


@pytest.mark.parametrize("loop, ends_at", [("circle", (0.0, 0.0)), ("back_and_forth", (0.0, 0.0)), ("once", (2.0, 1.0))])
def test_a_round_visits_every_stop_at_walking_speed_and_ends_where_the_next_begins(loop, ends_at):
    rows = plan_timetable(walk(loop, (0.0, 0.0), (2.0, 0.0), (2.0, 1.0)))
    assert (np.diff(rows[:, 0]) > 0).all() and rows[0, 0] == 0.0
    assert rows[-1, 1:3] == pytest.approx(ends_at)
    for stop in [(0.0, 0.0), (2.0, 0.0), (2.0, 1.0)]:
        assert np.hypot(*(rows[:, 1:3] - stop).T).min() < 1e-9
    speeds = np.hypot(*np.diff(rows[:, 1:3], axis=0).T) / np.diff(rows[:, 0])
    assert speeds.max() == pytest.approx(0.5) and np.diff(rows[:, 0]).max() <= 0.25 + 1e-9
    assert np.abs(np.diff(rows[:, 3])).max() <= 3.0 * 0.25 + 1e-9, "no jump of the yaw, not even by a turn"
    moving = speeds > 0
    headings = np.arctan2(*np.diff(rows[:, 1:3], axis=0).T[::-1])
    assert np.cos(headings[moving] - rows[1:, 3][moving]) == pytest.approx(1.0)


def test_people_stay_where_they_dwell():
    rows = plan_timetable(walk("once", (0.0, 0.0), (1.0, 0.0), dwell_s=4.0))
    assert rows[1, 0] == 4.0 and rows[1, 1] == 0.0
    assert rows[-1, 0] - rows[-2, 0] == 4.0 and rows[-2, 1] == 1.0


def test_a_person_who_only_stands_has_two_poses():
    rows = plan_timetable(walk("circle", (1.0, 2.0)))
    assert len(rows) == 2 and (rows[:, 1:3] == [1.0, 2.0]).all()


def test_a_recording_is_followed_in_time():
    times = np.array([10.0, 11.0, 13.0])
    track = RecordedTrack(times, np.array([[0.0, 0.0], [1.0, 0.0], [1.0, -2.0]]))
    rows = plan_timetable(PersonScript("one", track))
    for time_s, point in zip(times, track.positions_map):
        assert np.hypot(*(rows[np.argmin(abs(rows[:, 0] + 10.0 - time_s)), 1:3] - point)) < 0.01
    assert rows[0, 3] == pytest.approx(0.0) and rows[-1, 3] == pytest.approx(-0.5 * math.pi)


def test_a_body_is_as_tall_and_stands_on_two_legs_of_the_lidars_size(params):
    person = walk("once", (0.0, 0.0), radius_m=0.25, height_m=1.2)
    mesh = build_person_mesh(person, params.people)
    vertices = np.array([line.split()[1:] for line in mesh.splitlines() if line.startswith("v ")], dtype=float)
    assert vertices[:, 2].min() == 0.0 and vertices[:, 2].max() == pytest.approx(1.2, abs=0.01)
    feet = vertices[(vertices[:, 2] == 0.0)]
    for side in (1, -1):
        leg = feet[feet[:, 1] * side > 0]
        center = np.array([0.0, 0.5 * side * params.people.leg_spread_m])
        assert np.hypot(*(leg[:, :2] - center).T).max() == pytest.approx(params.people.leg_radius_m, abs=1e-3)
    assert np.hypot(*vertices[:, :2].T).max() == pytest.approx(0.25, abs=1e-3)


def test_a_bodys_faces_look_outwards(params):
    mesh = build_person_mesh(walk("once", (0.0, 0.0)), params.people)
    vertices = np.array([line.split()[1:] for line in mesh.splitlines() if line.startswith("v ")], dtype=float)
    faces = np.array([[word.split("//")[0] for word in line.split()[1:]] for line in mesh.splitlines() if line.startswith("f ")], dtype=int) - 1
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    # Divergence theorem: a closed surface that looks outwards everywhere encloses a positive volume, here about a body's.
    assert 0.03 < np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0 < 0.2


def test_the_folder_holds_everything_that_is_named_in_it(params, tmp_path):
    world = load_world("home.yaml")
    folder = write_world_folder(world, params, tmp_path / "new" / "folder")
    root = ElementTree.parse(folder / "world.sdf")
    assert [e.text for e in root.iter("filename")] == [name_mesh(world.people[0])]
    for name in list_meshes(world, params.people):
        assert (folder / name).is_file()
    assert "mtllib person.mtl" in (folder / name_mesh(world.people[0])).read_text()
    drawn, published = load_map(folder / "map.yaml"), world.rasterize(params.map_resolution_m)
    assert (drawn.occupancy == published.occupancy).all() and (drawn.pose_map_origin == published.pose_map_origin).all()


def test_equal_worlds_share_a_folder_and_others_do_not(params, tmp_path, monkeypatch):
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    first = write_world_folder(make_world(BOX), params)
    assert write_world_folder(make_world(BOX), params) == first and first.is_relative_to(tmp_path)
    assert write_world_folder(make_world(BOX, doors=(Door("d", (0.0, 0.0), 1.0, 0.0),)), params) != first


def test_a_folder_that_cannot_be_written_is_named(params, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MapError, match="file/folder: cannot be written"):
        write_world_folder(make_world(BOX), params, tmp_path / "file" / "folder")
