"""Contacts: what the robot touched, when, how fast, and who moved into whom."""

import numpy as np
import pytest
from scenes.simulated import drive, make_simulator, make_wall

from astro_nav.simulation.contacts import ContactRecord
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import PersonScript, WalkScript, Waypoint


def test_a_wall_is_hit_once_by_the_robot():
    simulator = make_simulator(make_wall(1.0, 0.0, name="east wall"))
    drive(simulator, (0.5, 0.0), 4.0)
    truth = simulator.truth()
    assert len(truth.contacts) == 1  # pushing on is the same contact
    contact = truth.contacts[0]
    assert (contact.kind, contact.name, contact.by_robot) == ("wall", "east wall", True)
    assert contact.speed_mps == pytest.approx(0.5, abs=0.03)
    assert contact.position_map[0] == pytest.approx(0.95, abs=0.01)
    assert contact.time_s == pytest.approx((0.95 - 0.21) / 0.5 + 0.15, abs=0.1)
    assert truth.pose_map_base[0] == pytest.approx(0.95 - 0.21, abs=0.01)
    assert truth.clearance_m == pytest.approx(0.0, abs=0.01)
    assert truth.nearest == "east wall"


def test_turning_into_something_counts_as_the_robot_s_doing():
    beside = Solid("stool", "object", (0.0, 0.26), radius_m=0.1)
    simulator = make_simulator(beside)
    drive(simulator, (0.0, 1.0), 1.5)
    contact = simulator.truth().contacts[0]
    assert (contact.kind, contact.name, contact.by_robot) == ("object", "stool", True)
    assert 0.02 < contact.speed_mps < 0.3


def test_backing_into_a_standing_person_is_the_robot_s_doing():
    person = PersonScript("Anna", WalkScript((Waypoint((-1.0, 0.0)),)), reacts=False)
    simulator = make_simulator(people=(person,))
    drive(simulator, (-0.25, 0.0), 5.0)
    contact = simulator.truth().contacts[0]
    assert (contact.kind, contact.name, contact.by_robot) == ("person", "Anna", True)


def test_running_after_a_slower_person_is_the_robot_s_doing():
    script = WalkScript((Waypoint((0.7, 0.0)), Waypoint((5.0, 0.0))), "once", 0.2)
    simulator = make_simulator(people=(PersonScript("Anna", script, reacts=False),))
    drive(simulator, (0.8, 0.0), 3.0)
    contact = simulator.truth().contacts[0]
    assert (contact.kind, contact.by_robot) == ("person", True)
    assert contact.thing_speed_mps < 0.0  # she walked away from it


def test_a_robot_pushed_into_a_wall_did_not_drive_into_it():
    script = WalkScript((Waypoint((-2.0, 0.0)), Waypoint((3.0, 0.0))), "once", 1.0)
    person = PersonScript("Anna", script, reacts=False)
    simulator = make_simulator(make_wall(0.5, 0.0), people=(person,))
    simulator.step(4.0)
    by_kind = {contact.kind: contact for contact in simulator.truth().contacts}
    assert not by_kind["person"].by_robot
    assert not by_kind["wall"].by_robot


def test_the_floor_and_things_above_the_robot_are_no_contacts():
    lamp = Solid("lamp", "object", (1.0, 0.0), size_m=(0.5, 0.5), bottom_m=0.6, top_m=0.8)
    simulator = make_simulator(lamp)
    drive(simulator, (0.5, 0.0), 4.0)
    assert simulator.truth().contacts == ()
    assert simulator.truth().pose_map_base[0] > 1.5


def test_what_is_low_is_hit_even_though_the_lidar_does_not_see_it():
    sill = Solid("sill", "object", (1.0, 0.0), size_m=(0.1, 2.0), top_m=0.1)
    simulator = make_simulator(sill)
    events = drive(simulator, (0.5, 0.0), 3.0)
    assert simulator.truth().contacts[0].name == "sill"
    scans = [event.scan for event in events if hasattr(event, "scan")]
    assert all(np.isinf(scan.ranges_m).all() for scan in scans)


def test_touching_again_after_a_while_is_a_new_contact():
    record = ContactRecord()
    for time_s in (0.0, 0.1, 0.5, 1.2):
        record.add_touch(time_s, "wall", "east", (0.0, 0.0), 0.2, 0.0)
    record.add_touch(1.25, "wall", "north", (0.0, 0.0), 0.2, 0.0)
    assert [(contact.time_s, contact.name) for contact in record.contacts] == [(0.0, "east"), (1.2, "east"), (1.25, "north")]


@pytest.mark.parametrize(
    ("robot", "thing", "by_robot"),
    [(0.5, 0.0, True), (0.5, 0.4, True), (0.4, 0.5, False), (0.0, 0.5, False), (-0.2, 0.5, False), (0.5, -0.2, True), (0.0, 0.0, False)],
)
def test_the_faster_one_moved_into_the_other(robot, thing, by_robot):
    record = ContactRecord()
    record.add_touch(0.0, "person", "Anna", (0.0, 0.0), robot, thing)
    assert record.contacts[0].by_robot is by_robot
    assert record.contacts[0].speed_mps == pytest.approx(max(robot + thing, 0.0))


def test_a_box_that_appears_waits_until_the_robot_is_gone():
    box = Solid("box", "object", (0.0, 0.0), size_m=(0.3, 0.3), times_s=((1.0, 20.0),))
    simulator = make_simulator(box)
    simulator.step(2.0)
    assert simulator.truth().clearance_m == np.inf
    drive(simulator, (0.5, 0.0), 2.0)
    truth = simulator.truth()
    assert truth.nearest == "box" and truth.contacts == ()
    simulator.step(20.0 - simulator.time_s + 0.1)
    assert simulator.truth().clearance_m == np.inf


def test_obstacles_added_on_the_way_are_seen_and_hit():
    simulator = make_simulator()
    drive(simulator, (0.5, 0.0), 1.0)
    before = simulator.truth()
    poles = [Solid(f"pole {i}", "object", (2.0, 0.1 * i - 10.0), radius_m=0.04) for i in range(200)]
    simulator.add_solids(*poles)
    after = simulator.truth()
    np.testing.assert_array_equal(after.pose_map_base, before.pose_map_base)
    np.testing.assert_array_equal(after.twist, before.twist)
    events = drive(simulator, (0.5, 0.0), 4.0)
    scan = [event.scan for event in events if hasattr(event, "scan")][1]
    assert np.isfinite(scan.ranges_m).sum() > 100
    assert simulator.truth().contacts[0].name.startswith("pole")


def test_clearance_is_exact():
    simulator = make_simulator(make_wall(1.0, 0.0), Solid("pole", "object", (-1.0, 0.5), radius_m=0.05))
    assert simulator.measure_clearance(np.zeros(3)) == (pytest.approx(0.95 - 0.21), "wall")
    corner = np.hypot(1.0 - 0.21 - 0.5, 0.5 - 0.125)
    assert simulator.measure_clearance(np.array([-0.5, 0.0, 0.0])) == (pytest.approx(corner - 0.05), "pole")
    assert simulator.measure_clearance(np.array([0.9, 0.0, 0.0]))[0] == 0.0
