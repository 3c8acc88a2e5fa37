"""tf_transformations of the PyPI environment against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

tf = pytest.importorskip("tf_transformations", reason="no ROS here: make setup")

angles = st.floats(-math.pi, math.pi)


@st.composite
def rotations(draw):
    """Unit quaternions (x, y, z, w)."""
    components = np.array(draw(st.tuples(*[st.floats(-1.0, 1.0)] * 4)))
    length = np.linalg.norm(components)
    assume(length > 0.1)
    return tuple(components / length)


def assert_same_rotation(quaternion, rotation: Rotation) -> None:
    """q and -q are the same rotation."""
    assert abs(np.dot(quaternion, rotation.as_quat())) == pytest.approx(1.0, abs=1e-9)


@given(angles, angles, angles)
def test_roll_pitch_yaw(roll, pitch, yaw):
    quaternion = tf.quaternion_from_euler(roll, pitch, yaw)
    expected = Rotation.from_euler("xyz", (roll, pitch, yaw))
    assert_same_rotation(quaternion, expected)
    np.testing.assert_allclose(tf.euler_matrix(roll, pitch, yaw)[:3, :3], expected.as_matrix(), atol=1e-12)
    assert_same_rotation(tf.quaternion_from_euler(*tf.euler_from_quaternion(quaternion)), expected)
    assert_same_rotation(tf.quaternion_from_euler(*tf.euler_from_matrix(tf.quaternion_matrix(quaternion))), expected)


@given(angles)
def test_yaw_alone_comes_back(yaw):
    assert tf.euler_from_quaternion(tf.quaternion_from_euler(0.0, 0.0, yaw))[2] == pytest.approx(yaw, abs=1e-9)


def test_moving_axes():
    assert_same_rotation(tf.quaternion_from_euler(0.1, 0.2, 0.3, "rzyx"), Rotation.from_euler("ZYX", (0.1, 0.2, 0.3)))


@given(rotations(), rotations())
def test_products_apply_the_right_one_first(first, second):
    assert_same_rotation(tf.quaternion_multiply(second, first), Rotation.from_quat(second) * Rotation.from_quat(first))


@given(rotations())
def test_matrix_and_inverse(quaternion):
    rotation = Rotation.from_quat(quaternion)
    np.testing.assert_allclose(tf.quaternion_matrix(quaternion)[:3, :3], rotation.as_matrix(), atol=1e-12)
    assert_same_rotation(tf.quaternion_from_matrix(tf.quaternion_matrix(quaternion)), rotation)
    assert_same_rotation(tf.quaternion_inverse(quaternion), rotation.inv())
    np.testing.assert_allclose(tf.quaternion_multiply(quaternion, tf.quaternion_inverse(quaternion)), (0, 0, 0, 1), atol=1e-9)
    assert_same_rotation(tf.quaternion_conjugate(quaternion), rotation.inv())


def test_the_inverse_of_a_long_quaternion_is_short():
    np.testing.assert_allclose(tf.quaternion_inverse((0.0, 0.0, 0.0, 2.0)), (0.0, 0.0, 0.0, 0.5))


@given(st.floats(0.0, 1.0), angles)
def test_slerp_turns_evenly(fraction, yaw):
    assume(abs(yaw) < math.pi - 1e-3)  # at a half turn both ways are as short
    found = tf.quaternion_slerp((0.0, 0.0, 0.0, 1.0), tf.quaternion_from_euler(0.0, 0.0, yaw), fraction)
    assert_same_rotation(found, Rotation.from_euler("z", fraction * yaw))


def test_slerp_at_its_ends():
    start, end = tf.quaternion_from_euler(0.1, 0.0, 0.0), tf.quaternion_from_euler(0.0, 0.5, 0.0)
    np.testing.assert_allclose(tf.quaternion_slerp(start, end, 0.0), start)
    np.testing.assert_allclose(tf.quaternion_slerp(start, end, 1.0), end)
    np.testing.assert_allclose(tf.quaternion_slerp(start, start, 0.3), start)


def test_turning_about_an_axis():
    assert_same_rotation(tf.quaternion_about_axis(0.7, (0.0, 0.0, 3.0)), Rotation.from_euler("z", 0.7))
    np.testing.assert_allclose(tf.rotation_matrix(math.pi / 2, (0, 0, 1), (1, 0, 0)) @ (1, 1, 0, 1), (0, 0, 0, 1), atol=1e-12)


def test_matrices_of_shifts():
    shift = tf.translation_matrix((1.0, 2.0, 3.0))
    np.testing.assert_array_equal(tf.translation_from_matrix(shift), (1.0, 2.0, 3.0))
    turn = tf.euler_matrix(0.0, 0.0, math.pi / 2)
    np.testing.assert_allclose(tf.concatenate_matrices(shift, turn) @ (1, 0, 0, 1), (1, 3, 3, 1), atol=1e-12)
    np.testing.assert_allclose(tf.concatenate_matrices(shift, tf.inverse_matrix(shift)), tf.identity_matrix(), atol=1e-12)
    np.testing.assert_allclose(tf.unit_vector((3.0, 4.0)), (0.6, 0.8))
