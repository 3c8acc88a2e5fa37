"""URDF read as the specification says: origins add up along the tree, shapes turn with them."""

import math

import numpy as np
import pytest

from astro_nav.geometry.robot_description import RobotDescriptionError, read_urdf

URDF = """
<robot name="probe">
  <link name="footprint"/>
  <link name="base_link"><collision><origin xyz="0.1 0 0.2"/><geometry><box size="0.4 0.2 0.1"/></geometry></collision></link>
  <link name="arm"><collision><origin rpy="0 1.5707963 0"/><geometry><cylinder radius="0.05" length="0.6"/></geometry></collision></link>
  <link name="ball"><collision><geometry><sphere radius="0.03"/></geometry></collision></link>
  <link name="hand"><collision><geometry><mesh filename="hand.stl"/></geometry></collision></link>
  <joint name="a" type="fixed"><parent link="footprint"/><child link="base_link"/><origin xyz="0 0 0.07"/></joint>
  <joint name="c" type="revolute"><parent link="arm"/><child link="ball"/><origin xyz="1 0 0"/></joint>
  <joint name="b" type="fixed"><parent link="base_link"/><child link="arm"/><origin xyz="0 0.5 0" rpy="0 0 1.5707963"/></joint>
  <joint name="d" type="fixed"><parent link="ball"/><child link="hand"/></joint>
</robot>
"""


@pytest.fixture(scope="module")
def robot():
    return read_urdf(URDF)


def find_shape(robot, link):
    return next(shape for shape in robot.collisions if shape.link == link)


def test_links_stand_where_their_joints_put_them(robot):
    np.testing.assert_allclose(robot.poses_base["ball"][:3, 3], [0.0, 1.5, 0.0], atol=1e-6)
    np.testing.assert_allclose(robot.poses_base["footprint"][:3, 3], [0.0, 0.0, -0.07])
    assert robot.joints == {"a": "fixed", "b": "fixed", "c": "revolute", "d": "fixed"}


def test_a_box_has_its_corners(robot):
    points = find_shape(robot, "base_link").points_base
    np.testing.assert_allclose(points.min(axis=0), [-0.1, -0.1, 0.15])
    np.testing.assert_allclose(points.max(axis=0), [0.3, 0.1, 0.25])


def test_a_lying_cylinder_lies(robot):
    points = find_shape(robot, "arm").points_base
    # Along its own x after the pitch, which the joint's yaw turns into the base's y.
    np.testing.assert_allclose(np.ptp(points, axis=0), [0.1, 0.6, 0.1], atol=1e-3)


def test_a_ball_is_round_and_a_mesh_is_marked(robot):
    np.testing.assert_allclose(np.ptp(find_shape(robot, "ball").points_base, axis=0), 0.06, atol=1e-3)
    assert find_shape(robot, "hand").is_mesh and not find_shape(robot, "ball").is_mesh


def test_roll_pitch_yaw_is_about_fixed_axes():
    rpy = (0.3, -0.4, 1.1)
    urdf = f"""<robot name="r"><link name="base_link"/><link name="l"/>
        <joint name="j" type="fixed"><parent link="base_link"/><child link="l"/><origin rpy="{' '.join(map(str, rpy))}"/></joint></robot>"""

    def turn(axis, angle):
        a, b = [(1, 2), (2, 0), (0, 1)][axis]
        matrix = np.eye(3)
        matrix[a, a] = matrix[b, b] = math.cos(angle)
        matrix[a, b], matrix[b, a] = -math.sin(angle), math.sin(angle)
        return matrix

    np.testing.assert_allclose(read_urdf(urdf).poses_base["l"][:3, :3], turn(2, rpy[2]) @ turn(1, rpy[1]) @ turn(0, rpy[0]))


@pytest.mark.parametrize(
    "urdf, complaint",
    [
        ("<robot", "no XML"),
        ('<robot name="r"><link name="trunk"/></robot>', "no link base_link; it has: trunk"),
        (URDF.replace("0.4 0.2 0.1", "0.4 wide 0.1"), "says '0.4 wide 0.1' where 3 numbers"),
        (URDF.replace('xyz="0.1 0 0.2"', 'xyz="0.1 0"'), "says '0.1 0' where 3 numbers"),
    ],
)
def test_what_cannot_be_read_is_told(urdf, complaint):
    with pytest.raises(RobotDescriptionError, match=complaint):
        read_urdf(urdf)
