"""What is driven, and what is refused before anything is started."""

import numpy as np
import pytest

from astro_nav.demo.drive_log import TruthSample
from astro_nav.demo.goals import parse_goals
from astro_nav.demo.moments import rate_interest, read_segments
from astro_nav.demo.parameter_overlay import write_overlay
from astro_nav.demo.scene import prepare_scene
from astro_nav.demo.stack_params import check_all_params, load_part_params
from astro_nav.errors import GoalError, MapError, ParameterError
from astro_nav.mapping.map_file import load_map
from astro_nav.params.demo import DemoParams
from astro_nav.params.files import load_params
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.map_world import world_from_map
from astro_nav.simulation.world_file import overlay_world

PARAMS = load_params(DemoParams, "demo")
MAPS = ("aws_small_house", "home_sarmis", "home_benedetti")


def test_the_shipped_world_has_a_tour_past_an_unmapped_box_and_a_person():
    scene = prepare_scene(None, None, None, 1, PARAMS)
    assert len(scene.goals) >= 4
    assert len(scene.boxes_map) >= 1
    assert scene.launch_arguments["world"].endswith("worlds/home.yaml")
    assert not scene.extra_world


def test_goals_that_are_given_replace_the_tour():
    scene = prepare_scene(None, None, "2.0,4.2,0", 1, PARAMS)
    assert scene.goals == parse_goals("2.0,4.2,0")
    assert scene.retask_index == -1


@pytest.mark.parametrize("name", MAPS)
def test_a_real_map_gets_goals_and_a_world_that_the_simulator_accepts(data_folder, tmp_path, name):
    path = data_folder / "maps" / f"{name}.yaml"
    scene = prepare_scene(path, None, None, 1, PARAMS)
    assert len(scene.goals) >= 4
    assert any("GOALS=" in note for note in scene.notes)
    assert scene.extra_world, "there is room for a box or a person in each of these homes"
    scene.write_extra_world(tmp_path / "extra.yaml")
    world = overlay_world(world_from_map(load_map(path), start_pose_map=scene.start_map), tmp_path / "extra.yaml")
    assert len(world.people) + len([solid for solid in world.solids if not solid.mapped]) >= 1
    assert scene.make_simulator_parameters(tmp_path / "extra.yaml")["start_pose_map"] == pytest.approx(scene.start_map)


@pytest.mark.parametrize(
    ("goals", "named"),
    [
        ("1,2", "has 2 of the 3 numbers"),
        ("99,2,0", "outside the map"),
        ("5.2,0.0,0", "in an obstacle"),
        ("2,4.2,0; 5.2,0.0,0", "goal 2"),
    ],
)
def test_goals_that_cannot_be_driven_to_are_refused(goals, named):
    with pytest.raises(GoalError, match=named):
        prepare_scene(None, None, goals, 1, PARAMS)


def test_a_map_or_world_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MapError, match=r"nowhere\.yaml"):
        prepare_scene(tmp_path / "nowhere.yaml", None, None, 1, PARAMS)
    with pytest.raises(MapError, match=r"nowhere\.yaml"):
        prepare_scene(None, tmp_path / "nowhere.yaml", None, 1, PARAMS)


def test_an_overlay_keeps_what_the_user_wrote(tmp_path):
    import yaml

    user = tmp_path / "user.yaml"
    user.write_text("/**:\n  ros__parameters:\n    robot: {height_m: 0.5}\nsimulator:\n  ros__parameters: {clean: true}\n")
    write_overlay(tmp_path / "params.yaml", user, {"simulator": {"start_pose_map": [1.0, 2.0, 0.5]}})
    assert yaml.safe_load((tmp_path / "params.yaml").read_text()) == {
        "/**": {"ros__parameters": {"robot": {"height_m": 0.5}}},
        "simulator": {"ros__parameters": {"clean": True, "start_pose_map": [1.0, 2.0, 0.5]}},
    }
    with pytest.raises(ParameterError, match="cannot be read"):
        write_overlay(tmp_path / "params.yaml", tmp_path / "nowhere.yaml", {})


def test_all_problems_of_a_parameter_file_are_told_before_anything_starts(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text(
        "/**:\n  ros__parameters:\n    lidar: {rays: 180}\n    robot: {height_m: -1.0}\n"
        "local_planner:\n  ros__parameters:\n    horizon: {duraton_s: 3.0}\n"
    )
    with pytest.raises(ParameterError) as error:
        check_all_params([file])
    assert sorted(problem.split(" ")[0] for problem in error.value.problems) == ["horizon.duraton_s", "robot.height_m"]
    assert "did you mean horizon.duration_s" in str(error.value)
    assert load_part_params(SimulatorParams, "simulator", []).lidar.rays != 180


class Fake:
    """A message as a reader of recordings returns it."""

    def __init__(self, **values):
        self.__dict__.update(values)


def test_lines_of_markers_become_segments_with_their_colours():
    points = [Fake(x=float(x), y=0.0, z=0.0) for x in range(4)]
    colors = [Fake(r=float(index), g=0.0, b=0.0, a=1.0) for index in (0, 0, 1, 1)]
    plain = Fake(r=0.0, g=0.0, b=1.0, a=0.5)
    message = Fake(
        markers=[
            Fake(type=5, points=points, colors=colors, color=plain),
            Fake(type=4, points=points[:3], colors=[], color=plain),
            Fake(type=0, points=points, colors=[], color=plain),
        ]
    )
    segments, tints = read_segments(message)
    assert segments[:, :, 0].tolist() == [[0, 1], [2, 3], [0, 1], [1, 2]]
    assert tints.tolist() == [[0, 0, 0, 1], [1, 0, 0, 1], [0, 0, 1, 0.5], [0, 0, 1, 0.5]]


def test_a_moment_near_a_person_in_motion_is_of_more_interest():
    def rate(speed, person_x):
        people = {"anna": np.array([person_x, 0.0])}
        return rate_interest(TruthSample(0.0, 0.0, np.zeros(3), np.array([speed, 0.0]), 1.0, people), [])

    assert rate(0.5, 1.0) > rate(0.5, 2.5) > rate(0.0, 2.5)
    assert rate(0.5, 9.0) > rate(0.0, 9.0)
