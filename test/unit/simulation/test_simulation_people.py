"""People: they go where they are told, never through walls or closed doors, never start inside the robot."""

import math

import numpy as np
import pytest
from scenes.simulated import drive, make_params, make_room, make_simulator, make_wall

from astro_nav.simulation.people import assign_slots
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import Door, DoorEvent, PersonScript, RecordedTrack, WalkScript, Waypoint

FAR_AWAY = np.array([-3.0, -3.0, 0.0])


def walk(*points, dwell_s=0.0, loop="once", speed_mps=1.0):
    return WalkScript(tuple(Waypoint(point, dwell_s) for point in points), loop, speed_mps)


def follow(simulator, duration_s, period_s=0.02):
    """Positions of the first person over time (N, 2); NaN while absent."""
    positions = []
    for _ in range(round(duration_s / period_s)):
        simulator.step(period_s)
        people = simulator.truth().people
        positions.append(people[0].position_map if people else np.full(2, np.nan))
    return np.array(positions)


def simulate_person(script, *solids, pose=FAR_AWAY, duration_s=10.0, doors=(), **more):
    person = PersonScript("Anna", script, **more)
    simulator = make_simulator(*solids, people=(person,), doors=doors, start_pose_map=np.asarray(pose))
    return simulator, follow(simulator, duration_s)


def test_a_person_walks_their_waypoints_and_stays():
    simulator, positions = simulate_person(walk((0.0, 0.0), (2.0, 0.0), (2.0, 1.0)), duration_s=8.0)
    np.testing.assert_allclose(positions[-1], [2.0, 1.0], atol=0.03)
    assert np.linalg.norm(positions - [2.0, 0.0], axis=1).min() < 0.03
    speeds = np.linalg.norm(np.diff(positions, axis=0), axis=1) / 0.02
    assert speeds.max() <= 1.0 + 1e-6
    assert speeds.max() > 0.95
    np.testing.assert_allclose(simulator.truth().people[0].velocity_map, 0.0)


def test_dwelling_and_loops():
    _, positions = simulate_person(walk((0.0, 0.0), (1.0, 0.0), dwell_s=2.0, loop="back_and_forth"), duration_s=14.0)
    at_home = np.linalg.norm(positions, axis=1) < 0.05
    at_far = np.linalg.norm(positions - [1.0, 0.0], axis=1) < 0.05
    assert at_home[:90].all() and at_far.sum() * 0.02 >= 2.0 and at_home[250:].any()
    _, positions = simulate_person(walk((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), loop="circle"), duration_s=5.0)
    assert np.linalg.norm(positions[150:], axis=1).min() < 0.05


def test_nobody_walks_through_a_wall():
    wall = make_wall(1.0, 0.0)
    _, positions = simulate_person(walk((0.0, 0.0), (2.0, 0.0)), wall)
    assert positions[-1, 0] == pytest.approx(0.95 - 0.22, abs=0.025)
    assert positions[:, 0].max() <= 0.95 - 0.22 + 1e-9


def test_nobody_walks_through_a_thin_pole_or_a_table_top():
    pole = Solid("pole", "object", (1.0, 0.0), radius_m=0.01)
    table = Solid("table", "object", (1.0, 0.0), size_m=(0.5, 3.0), bottom_m=0.7, top_m=0.74)
    for solid, edge in ((pole, 0.99), (table, 0.75)):
        _, positions = simulate_person(walk((0.0, 0.0), (2.0, 0.0), speed_mps=2.0), solid, duration_s=4.0)
        assert positions[:, 0].max() <= edge - 0.22 + 1e-9


def test_a_closed_door_stops_people_until_it_opens():
    walls = (make_wall(1.0, 1.5, 2.0, name="north"), make_wall(1.0, -1.5, 2.0, name="south"))
    door = Door("door", (1.0, -0.5), 1.0, 0.5 * math.pi, -0.5 * math.pi, False, (DoorEvent(5.0, True),))
    simulator, positions = simulate_person(walk((0.0, 0.0), (2.5, 0.0)), *walls, doors=(door,), duration_s=9.0)
    assert positions[: round(5.0 / 0.02), 0].max() < 0.98 - 0.22 + 1e-9
    assert positions[-1, 0] > 2.0


def test_a_recorded_track_is_followed_exactly_where_nothing_is_in_the_way():
    times_s = np.arange(0.0, 8.0, 0.4)
    track = RecordedTrack(times_s, np.stack([0.5 * times_s, np.sin(times_s)], axis=1))
    _, positions = simulate_person(track, duration_s=7.0)
    moments = 0.02 * np.arange(1, len(positions) + 1)
    expected = np.stack([np.interp(moments, times_s, column) for column in track.positions_map.T], axis=1)
    np.testing.assert_allclose(positions, expected, atol=0.03)


def test_a_recorded_track_through_a_wall_ends_at_the_wall():
    times_s = np.array([0.0, 4.0, 8.0])
    track = RecordedTrack(times_s, np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 0.0]]))
    _, positions = simulate_person(track, make_wall(1.0, 0.0, 6.0), duration_s=7.9)
    assert positions[:, 0].max() <= 0.95 - 0.22 + 1e-9
    assert positions[-1, 0] < 0.2  # and comes back with the recording


def test_people_enter_and_leave_at_their_times():
    _, positions = simulate_person(walk((0.0, 0.0)), start_s=2.0, end_s=4.0, duration_s=6.0)
    present = np.isfinite(positions[:, 0])
    assert present.sum() == pytest.approx(100, abs=3)
    assert not present[:98].any() and not present[203:].any()


def test_nobody_starts_inside_the_robot():
    simulator, positions = simulate_person(walk((0.1, 0.0)), pose=[0.0, 0.0, 0.0], duration_s=2.0)
    assert np.isnan(positions).all()
    assert simulator.truth().contacts == ()
    drive(simulator, (1.0, 0.0), 2.5)
    assert len(simulator.truth().people) == 1


def test_people_are_there_before_the_first_step_and_not_somewhere_else():
    people = (PersonScript("Anna", walk((2.0, 1.0))), PersonScript("late", walk((1.0, 1.0)), start_s=5.0))
    simulator = make_simulator(people=people, start_pose_map=np.zeros(3))
    truth = simulator.truth()
    assert [person.name for person in truth.people] == ["Anna"]
    np.testing.assert_array_equal(truth.people[0].position_map, [2.0, 1.0])
    assert truth.nearest == "Anna" and 1.5 < truth.clearance_m < 2.5
    simulator.place_robot(np.array([2.0, 1.0, 0.0]))  # put down on her before time runs: she waits outside
    assert simulator.truth().people == () and simulator.truth().clearance_m == np.inf


def test_nobody_starts_inside_a_wall():
    _, positions = simulate_person(walk((1.0, 0.0)), make_wall(1.0, 0.0), duration_s=1.0)
    assert np.isnan(positions).all()


@pytest.mark.parametrize("offset_m", [0.0, 0.1, -0.2])
def test_people_who_react_stop_before_the_robot(offset_m):
    script = walk((-3.0, offset_m), (3.0, offset_m))
    simulator, positions = simulate_person(script, pose=[0.0, 0.0, 0.3], duration_s=5.5)
    assert simulator.truth().contacts == ()
    gap = -0.21 - 0.22 - positions[-1, 0]
    assert 0.2 < gap < 0.5
    assert simulator.truth().clearance_m > 0.1


def test_people_who_react_turn_back_when_they_have_waited_long_enough():
    script = walk((-3.0, 0.0), (3.0, 0.0), loop="back_and_forth")
    _, positions = simulate_person(script, pose=[0.0, 0.0, 0.0], duration_s=20.0)
    assert positions[:, 0].max() < -0.5
    waiting = np.flatnonzero(np.abs(np.diff(positions[:, 0])) < 1e-9) * 0.02
    assert 3.0 < waiting[0] < 5.0  # stands before the robot
    assert positions[round(12.0 / 0.02), 0] < -2.5  # has gone home
    assert positions[-1, 0] > -1.0  # and tries again


def test_people_who_do_not_react_walk_into_the_robot_and_are_blamed():
    script = walk((-2.0, 0.0), (3.0, 0.0))
    simulator, _ = simulate_person(script, pose=[0.0, 0.0, 0.0], duration_s=3.5, reacts=False)
    contact = simulator.truth().contacts[0]
    assert (contact.kind, contact.name, contact.by_robot) == ("person", "Anna", False)
    assert contact.speed_mps == pytest.approx(1.0, abs=0.1)
    assert contact.robot_speed_mps == pytest.approx(0.0, abs=0.05)
    assert contact.position_map[0] == pytest.approx(-0.21, abs=0.05)


def test_legs_swing_while_walking_and_the_standing_leg_rests():
    params = make_params(clean=True)
    person = PersonScript("Anna", walk((0.0, 0.0), (6.0, 0.0)))
    simulator = make_simulator(people=(person,), start_pose_map=FAR_AWAY, params=params)
    simulator.step(2.0)
    legs, bodies = [], []
    for _ in range(100):
        simulator.step(0.02)
        truth = simulator.truth().people[0]
        legs.append(truth.legs_map)
        bodies.append(truth.position_map)
    legs, bodies = np.array(legs), np.array(bodies)
    speeds = np.linalg.norm(np.diff(legs, axis=0), axis=2) / 0.02
    slow, fast = speeds.min(axis=1), speeds.max(axis=1)
    assert np.median(slow) < 0.05 and np.median(fast) == pytest.approx(2.0, abs=0.1)
    forward = legs[:, :, 0] - bodies[:, None, 0]
    assert forward.max() == pytest.approx(0.5 * params.people.step_length_m, abs=0.02)
    assert np.abs(legs[:, 0, 1] - legs[:, 1, 1]) == pytest.approx(params.people.leg_spread_m)


def test_legs_never_reach_into_a_wall():
    rooms = make_room(2.0)
    script = walk((-0.7, -0.7), (0.7, -0.7), (0.7, 0.7), loop="circle")
    person = PersonScript("Anna", script)
    simulator = make_simulator(*rooms, people=(person,), start_pose_map=np.array([-0.5, 0.5, 0.0]))
    reach = []
    for _ in range(500):
        simulator.step(0.02)
        reach.append(np.abs(simulator.truth().people[0].legs_map).max())
    assert max(reach) + simulator.params.people.leg_radius_m <= 0.95 + 1e-6
    assert max(reach) > 0.8


def test_slots_are_shared_by_people_who_never_meet():
    still = walk((0.0, 0.0))
    spans = [(0.0, 5.0), (1.0, 2.0), (2.5, 9.0), (5.5, 6.0), (3.0, math.inf), (10.0, math.inf)]
    scripts = [PersonScript(f"{i}", still, start_s=a, end_s=b) for i, (a, b) in enumerate(spans)]
    slots = assign_slots(scripts)
    for i, (a, b) in enumerate(spans):
        for j, (c, d) in enumerate(spans[:i]):
            if slots[i] == slots[j]:
                assert b < c or d < a
    assert max(slots) + 1 == 3


def test_a_whole_recorded_crowd(data_folder):
    from astro_nav.simulation.recorded_tracks import read_tracks

    tracks = read_tracks(data_folder / "pedestrians" / "zara01.csv")
    assert len(tracks) > 100
    people = tuple(
        PersonScript(f"{number}", track, start_s=float(track.times_s[0]), end_s=float(track.times_s[-1]))
        for number, track in tracks.items()
    )
    simulator = make_simulator(people=people, start_pose_map=np.array([50.0, 50.0, 0.0]))
    assert simulator.physics.model.nmocap < 3 * len(people) / 2  # bodies are shared
    simulator.step(20.0)
    truth = simulator.truth()
    assert len(truth.people) >= 3
    for person in truth.people:
        track = tracks[int(person.name)]
        expected = [np.interp(20.0, track.times_s, column) for column in track.positions_map.T]
        np.testing.assert_allclose(person.position_map, expected, atol=0.05)
