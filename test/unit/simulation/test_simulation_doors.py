"""Doors: they turn when told and on schedule, and wait for whom they would hit if they yield."""

import math

import numpy as np
import pytest
from scenes.simulated import make_simulator

from astro_nav.simulation.world import Door, DoorEvent, PersonScript, WalkScript, Waypoint

FAR_AWAY = np.array([-3.0, -3.0, 0.0])
OPEN_RAD = 0.5 * math.pi


def make_door(**more):
    return Door("door", (0.0, 0.0), 0.8, 0.0, OPEN_RAD, **more)


def test_a_door_turns_at_its_speed_when_told():
    simulator = make_simulator(doors=(make_door(starts_open=False, speed_radps=1.0),), start_pose_map=FAR_AWAY)
    assert simulator.truth().doors_open == ()
    simulator.open_door("door")
    simulator.step(1.0)
    assert simulator.truth().door_angles_rad["door"] == pytest.approx(1.0, abs=0.03)
    simulator.step(1.0)
    assert simulator.truth().door_angles_rad["door"] == OPEN_RAD
    assert simulator.truth().doors_open == ("door",)
    simulator.close_door("door")
    simulator.step(2.0)
    assert simulator.truth().door_angles_rad["door"] == 0.0


def test_a_schedule_repeats():
    events = (DoorEvent(1.0, False), DoorEvent(3.0, True))
    door = make_door(schedule=events, repeat_s=5.0, speed_radps=5.0)
    simulator = make_simulator(doors=(door,), start_pose_map=FAR_AWAY)
    is_open = []
    for _ in range(30):
        simulator.step(0.5)
        is_open.append(bool(simulator.truth().doors_open))
    # Half seconds 0.5, 1.0, ...: closed from the moment the panel has turned half way to the next opening.
    assert is_open[:10] == [True, True, False, False, False, False, True, True, True, True]
    assert is_open[10:20] == is_open[:10] and is_open[20:30] == is_open[:10]


def test_an_unknown_door_is_named_with_those_that_exist():
    simulator = make_simulator(doors=(make_door(),))
    with pytest.raises(KeyError, match="gate.*the doors are door"):
        simulator.open_door("gate")


@pytest.mark.parametrize("yields", [True, False])
def test_a_door_waits_for_the_robot_if_it_yields_and_pushes_it_otherwise(yields):
    door = make_door(starts_open=True, yields=yields)
    simulator = make_simulator(doors=(door,), start_pose_map=np.array([0.6, 0.3, 0.0]))
    simulator.step(0.5)
    simulator.close_door("door")
    simulator.step(3.0)
    truth = simulator.truth()
    if yields:
        assert truth.contacts == ()
        assert 0.02 < truth.clearance_m < 0.1
        assert 0.3 < truth.door_angles_rad["door"] < 1.4
    else:
        contact = truth.contacts[0]
        assert (contact.kind, contact.name, contact.by_robot) == ("door", "door", False)
        assert contact.thing_speed_mps > 0.2


def test_a_door_waits_for_people():
    person = PersonScript("Anna", WalkScript((Waypoint((0.5, 0.3)),)))
    simulator = make_simulator(doors=(make_door(starts_open=True),), people=(person,), start_pose_map=FAR_AWAY)
    simulator.step(0.5)
    simulator.close_door("door")
    simulator.step(3.0)
    assert 0.3 < simulator.truth().door_angles_rad["door"] < 1.4


def test_the_panel_stands_where_its_angle_says():
    simulator = make_simulator(doors=(make_door(starts_open=False),), start_pose_map=FAR_AWAY)
    closed = next(shape for shape in simulator.list_shapes() if shape.kind == "door")
    np.testing.assert_allclose(closed.outline_map.max(axis=0), [0.8, 0.02], atol=1e-9)
    simulator.open_door("door")
    simulator.step(3.0)
    opened = next(shape for shape in simulator.list_shapes() if shape.kind == "door")
    np.testing.assert_allclose(opened.outline_map.max(axis=0), [0.02, 0.8], atol=1e-9)
    assert simulator.measure_clearance(np.array([0.5, 0.4, 0.0]))[0] == pytest.approx(0.5 - 0.21 - 0.02, abs=1e-9)
    assert simulator.measure_clearance(np.array([0.5, 0.4, 0.0]))[1] == "door"
