"""A world that was written and read again is the same world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml

from astro_nav.errors import MapError
from astro_nav.evaluation.suites import get_suite
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World
from astro_nav.simulation.world_file import find_world_file, load_world
from astro_nav.simulation.world_writing import describe_world


def write_and_read(world: World, folder) -> World:
    path = folder / "world.yaml"
    path.write_text(yaml.safe_dump(describe_world(world)))
    return load_world(path)


def sort_solids(world: World) -> list[Solid]:
    return sorted(world.solids, key=lambda solid: (solid.name, solid.center_map, solid.bottom_m))


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_a_written_world_is_the_same_when_it_is_read(seed, tmp_path):
    world = load_world(find_world_file("home.yaml")) if seed is None else get_suite("homes").make(seed).world
    again = write_and_read(world, tmp_path)
    assert len(again.solids) == len(world.solids)
    for one, other in zip(sort_solids(world), sort_solids(again)):
        assert (one.name, one.kind, one.mapped, one.times_s, one.glass) == (
            other.name, other.kind, other.mapped, other.times_s, other.glass
        )  # fmt: skip
        np.testing.assert_allclose(one.compute_outline(), other.compute_outline(), atol=1e-9)
        np.testing.assert_allclose((one.bottom_m, one.top_m), (other.bottom_m, other.top_m), atol=1e-9)
    assert [door.name for door in again.doors] == [door.name for door in world.doors]
    for one, other in zip(world.doors, again.doors):
        assert replace(one, closed_yaw_rad=0.0, open_angle_rad=0.0, speed_radps=0.0) == replace(
            other, closed_yaw_rad=0.0, open_angle_rad=0.0, speed_radps=0.0
        )
        for share in (0.0, 0.5):
            panels = [door.compute_panel(share * door.open_angle_rad) for door in (one, other)]
            np.testing.assert_allclose(panels[0], panels[1], atol=1e-9)
    assert again.people == world.people
    np.testing.assert_allclose(again.start_pose_map[:2], world.start_pose_map[:2], atol=1e-12)
    assert np.exp(1j * again.start_pose_map[2]) == pytest.approx(np.exp(1j * world.start_pose_map[2]))
    assert again.goals_map.keys() == world.goals_map.keys()


@pytest.mark.parametrize(
    ("solid", "sentence"),
    [
        (Solid("arch", "wall", (0.0, 0.0), size_m=(1.0, 0.1), bottom_m=1.0, top_m=2.0, color="wall"), "wall arch"),
        (Solid("ghost", "object", (0.0, 0.0), size_m=(1.0, 1.0), times_s=((0.0, 1.0), (2.0, 3.0))), "more than once"),
        (Solid("vase", "object", (0.0, 0.0), radius_m=0.1, glass=True), "cylinder of glass"),
    ],
)
def test_what_a_world_file_cannot_say_is_named(solid, sentence):
    with pytest.raises(MapError, match=sentence):
        describe_world(World("test", (solid,)))
