"""From maps to worlds and back."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scenes.simulated import drive, make_params, make_wall

from astro_nav.errors import MapError
from astro_nav.mapping.map_file import load_map, save_map
from astro_nav.simulation.map_world import find_roomiest_pose, world_from_map
from astro_nav.simulation.scenario import build_simulator, build_world
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.solids import Solid, SolidIndex
from astro_nav.simulation.world import World
from astro_nav.simulation.world_file import load_world
from astro_nav.types import OccupancyMap


def make_map(origin=(0.0, 0.0, 0.0), resolution_m=0.1):
    occupancy = np.full((40, 60), 0, dtype=np.int8)
    occupancy[0] = occupancy[-1] = occupancy[:, 0] = occupancy[:, -1] = 100
    occupancy[10:20, 30] = 100
    occupancy[30:35, 40:50] = -1
    occupancy[5, 5] = 64
    return OccupancyMap(occupancy, resolution_m, np.array(origin))


def test_occupied_cells_are_solid_and_unknown_ones_are_not():
    world = world_from_map(make_map())
    simulator = Simulator(world, make_params(clean=True), 0)
    assert simulator.measure_clearance(np.array([2.7, 1.5, 0.0])) == (pytest.approx(3.0 - 2.7 - 0.21), "map")
    assert simulator.measure_clearance(np.array([4.5, 3.2, 0.0]))[0] > 0.3  # in the middle of the unknown cells
    assert simulator.measure_clearance(np.array([0.55, 0.55, 0.0]))[0] > 0.1  # 64 of 100 is not solid
    assert all(solid.kind == "wall" and solid.mapped for solid in world.solids)
    area = sum(solid.size_m[0] * solid.size_m[1] for solid in world.solids)
    assert area == pytest.approx(0.01 * (make_map().occupancy >= 65).sum())


def test_a_turned_origin_turns_the_walls():
    plain, turned = world_from_map(make_map()), world_from_map(make_map((1.0, -2.0, 0.5 * math.pi)))
    for before, after in zip(plain.solids, turned.solids):
        x, y = before.center_map
        assert after.center_map == (pytest.approx(1.0 - y), pytest.approx(-2.0 + x))
        assert after.yaw_rad == pytest.approx(0.5 * math.pi)


def test_the_robot_starts_where_there_is_most_room():
    pose = find_roomiest_pose(make_map())
    assert pose[2] == 0.0
    occupied = np.argwhere(make_map().occupancy != 0)[:, ::-1] * 0.1 + 0.05
    room = np.linalg.norm(occupied - pose[:2], axis=1).min()
    assert room > 1.4
    full = OccupancyMap(np.full((3, 3), 100, dtype=np.int8), 0.1, np.array([1.0, 2.0, 0.0]))
    np.testing.assert_array_equal(find_roomiest_pose(full), [1.0, 2.0, 0.0])


def test_a_world_from_a_map_gives_that_map_back():
    source = make_map()
    assert world_from_map(source).rasterize(0.05) is source


def test_the_map_of_a_world_shows_what_the_lidar_saw_then():
    solids = (
        make_wall(2.0, 0.0, 4.1), make_wall(-2.0, 0.0, 4.1), make_wall(0.0, 2.0, 4.1, 0.0), make_wall(0.0, -2.0, 4.1, 0.0),
        Solid("leg", "object", (1.012, 0.512), radius_m=0.02),
        Solid("box", "object", (-1.0, -1.0), yaw_rad=0.7, size_m=(0.6, 0.4)),
        Solid("parcel", "object", (1.0, -1.0), size_m=(0.3, 0.3), mapped=False),
        Solid("shelf", "object", (0.0, 1.0), size_m=(0.5, 0.5), bottom_m=1.0, top_m=1.2),
        Solid("pane", "object", (0.0, -1.5), size_m=(0.5, 0.05), glass=True),
    )  # fmt: skip
    drawn = World("room", solids).rasterize(0.05)

    def look(x, y):
        column, row = np.floor((np.array([x, y]) - drawn.pose_map_origin[:2]) / 0.05).astype(int)
        return int(drawn.occupancy[row, column])

    assert look(1.0, 0.5) == 100 and look(-1.0, -1.0) == 100 and look(2.0, 0.0) == 100
    assert look(1.0, -1.0) == 0 and look(0.0, 1.0) == 0 and look(0.0, -1.5) == 0
    assert look(2.2, 0.0) == -1  # behind the wall
    assert look(0.0, 0.0) == 0
    assert drawn.resolution_m == 0.05


def test_occupied_cells_of_the_map_are_those_that_solids_touch():
    box = Solid("box", "object", (0.333, -0.217), yaw_rad=0.4, size_m=(0.7, 0.31))
    drawn = World("box", (box,), start_pose_map=np.array([2.0, 2.0, 0.0])).rasterize(0.05)
    index = SolidIndex([box], lambda solid: True)
    rows, columns = np.indices(drawn.shape)
    middles = drawn.pose_map_origin[:2] + (np.stack([columns.ravel(), rows.ravel()], axis=1) + 0.5) * 0.05
    distances = index.measure_point_distances(middles, 5.0).reshape(drawn.shape)
    occupied = drawn.occupancy == 100
    assert occupied[distances <= 0.0].all()  # every cell with its middle inside
    assert not occupied[distances > 0.05 * math.sqrt(0.5)].any()  # none that the box cannot touch
    assert occupied[(distances > 0.0)].any()


def test_the_shipped_home_is_closed_and_every_goal_hangs_together_with_the_start():
    world = load_world("home.yaml")
    drawn = world.rasterize(0.05)
    free = drawn.occupancy == 0
    assert not (free[0].any() or free[-1].any() or free[:, 0].any() or free[:, -1].any())
    for name, pose in world.goals_map.items():
        column, row = np.floor((pose[:2] - drawn.pose_map_origin[:2]) / 0.05).astype(int)
        assert free[row - 4 : row + 5, column - 4 : column + 5].all(), name  # 0.2 m around it


def test_parameters_choose_the_world(tmp_path):
    save_map(make_map(), tmp_path / "flat.yaml")
    (tmp_path / "extra.yaml").write_text("people: [{name: Anna, waypoints: [{at_m: [1.5, 1.5]}]}]\n")
    params = make_params(
        map_file=str(tmp_path / "flat.yaml"), extra_world_file=str(tmp_path / "extra.yaml"), start_pose_map=[1.0, 3.0, 0.5]
    )
    simulator = build_simulator(params)
    assert simulator.world.name == "flat" and simulator.world.people[0].name == "Anna"
    np.testing.assert_allclose(simulator.truth().pose_map_base, [1.0, 3.0, 0.5], atol=1e-9)
    assert build_world(make_params()).name == "home"
    with pytest.raises(MapError, match="both empty"):
        build_world(make_params(world_file=""))


def test_a_robot_cannot_start_in_a_wall(tmp_path):
    save_map(make_map(), tmp_path / "flat.yaml")
    with pytest.raises(MapError, match=r"cannot start at \(3 m, 1.5 m, 0 rad\).*map"):
        build_simulator(make_params(map_file=str(tmp_path / "flat.yaml"), start_pose_map=[3.0, 1.5, 0.0]))


def test_clean_parameters_make_a_clean_simulator():
    assert build_simulator(make_params()).params.lidar.noise_stddev_m > 0.0
    simulator = build_simulator(replace(make_params(), clean=True))
    assert simulator.params.lidar.noise_stddev_m == 0.0
    assert simulator.params.lidar.latency_s > 0.0


@pytest.mark.parametrize("name", ["aws_small_house", "home_sarmis", "home_benedetti"])
def test_real_maps_can_be_driven_in(data_folder, name):
    loaded = load_map(data_folder / "maps" / f"{name}.yaml")
    world = world_from_map(loaded, name)
    area = sum(solid.size_m[0] * solid.size_m[1] for solid in world.solids)
    assert area == pytest.approx(loaded.resolution_m**2 * (loaded.occupancy >= 65).sum())
    assert len(world.solids) < 0.35 * (loaded.occupancy >= 65).sum()
    simulator = Simulator(world, make_params(), 0)
    start = simulator.truth()
    assert start.clearance_m > 0.2
    events = drive(simulator, (0.0, 1.0), 1.0)
    scans = [event.scan for event in events if hasattr(event, "scan")]
    assert np.isfinite(scans[-1].ranges_m).mean() > 0.5
