"""The same seed gives the same floats, bit for bit; another seed does not."""

import hashlib

import numpy as np
import pytest
from scenes.simulated import make_params

from astro_nav.simulation.events import JointEvent, LocalizationEvent, OdometryEvent, ScanEvent
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.world_file import load_world


def hash_run(seed, step_s=0.02, duration_s=6.0, extra=None, **changes):
    """Hash over every float of every event and of the truth, of a drive in the shipped home."""
    world = load_world("home.yaml")
    simulator = Simulator(world, make_params(**changes), seed)
    digest = hashlib.sha256()
    scans = hashlib.sha256()
    for number in range(round(duration_s / step_s)):
        if simulator.time_s % 0.1 < 1e-6:
            simulator.set_command(np.array([0.4, 0.6 * np.sin(simulator.time_s)]), 0.3)
        if extra is not None:
            extra(simulator, number)
        for event in simulator.step(step_s):
            digest.update(np.float64(event.arrives_s).tobytes())
            if isinstance(event, ScanEvent):
                digest.update(event.scan.ranges_m.tobytes())
                scans.update(event.scan.ranges_m.tobytes())
            elif isinstance(event, OdometryEvent):
                digest.update(event.odometry.pose_odom_base.tobytes() + event.odometry.twist.tobytes())
                digest.update(event.pose_map_odom.tobytes())
            elif isinstance(event, LocalizationEvent):
                digest.update(event.pose_map_odom.tobytes())
            elif isinstance(event, JointEvent):
                digest.update(np.array(event.positions_rad + event.speeds_radps).tobytes())
    truth = simulator.truth()
    digest.update(truth.pose_map_base.tobytes() + truth.twist.tobytes() + np.float64(truth.clearance_m).tobytes())
    for person in truth.people:
        digest.update(person.position_map.tobytes() + person.legs_map.tobytes())
    return digest.hexdigest(), scans.hexdigest(), truth


def test_the_same_seed_gives_the_same_run_bit_for_bit():
    first, second = hash_run(5), hash_run(5)
    assert first[0] == second[0]
    assert np.linalg.norm(first[2].pose_map_base[:2] - [0.8, 4.2]) > 0.8  # it really drove


def test_another_seed_gives_another_run():
    assert hash_run(5)[1] != hash_run(6)[1]


def test_how_time_is_cut_into_steps_and_looking_at_the_truth_change_nothing():
    assert hash_run(5, step_s=0.02)[0] == hash_run(5, step_s=0.1)[0]
    assert hash_run(5, extra=lambda simulator, number: simulator.truth())[0] == hash_run(5)[0]


def test_warming_up_changes_nothing():
    def warm_up_once(simulator, number):
        if number == 0:
            simulator.warm_up()

    assert hash_run(5, extra=warm_up_once)[0] == hash_run(5)[0]


@pytest.mark.parametrize("change", [{"odometry__slip_stddev_per_sqrt_m": 0.02}, {"localization__yaw_stddev_rad": 0.05}])
def test_the_noise_of_one_sensor_leaves_the_others_alone(change):
    plain, changed = hash_run(5), hash_run(5, **change)
    assert plain[0] != changed[0]
    assert plain[1] == changed[1]
    np.testing.assert_array_equal(plain[2].pose_map_base, changed[2].pose_map_base)
