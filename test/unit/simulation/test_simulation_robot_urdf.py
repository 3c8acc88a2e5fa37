"""The robot's description for other robots than the shipped one, and for Gazebo: physically possible, inside its outline, and its own."""

from xml.etree import ElementTree

import numpy as np
import pytest
from scenes.simulated import make_params

from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.geometry.robot_description import RobotDescriptionError, read_urdf
from astro_nav.params.files import find_share_folder
from astro_nav.simulation.robot_urdf import expand_foreign_urdf, expand_gazebo_urdf, expand_urdf, is_own_description

ROBOTS = {
    "shipped": {},
    "tall and heavy": {"robot__footprint_m": "[[0.3, 0.25], [-0.3, 0.25], [-0.3, -0.25], [0.3, -0.25]]", "robot__height_m": 1.6, "robot__mass_kg": 60.0},
    "flat and light": {"robot__height_m": 0.09, "robot__mass_kg": 1.0, "robot__wheel_radius_m": 0.03},
    "without a screen": {"robot__screen__joint": ""},
    "axle at the rear": {"robot__footprint_m": "[[0.4, 0.2], [-0.1, 0.2], [-0.1, -0.2], [0.4, -0.2]]"},
}


def make_urdfs(changes):
    params = make_params(**changes)
    return params, expand_urdf(params.robot), expand_gazebo_urdf(params)


@pytest.mark.parametrize("name", ROBOTS)
def test_masses_and_inertias_are_physically_possible(name):
    params, *urdfs = make_urdfs(ROBOTS[name])
    reach = np.linalg.norm([params.robot.circumscribed_radius_m, params.robot.height_m])
    for urdf in urdfs:
        masses = []
        for link in ElementTree.fromstring(urdf).findall("link"):
            mass = float(link.find("inertial/mass").get("value"))
            inertia = {key: float(value) for key, value in link.find("inertial/inertia").attrib.items()}
            matrix = np.array([[inertia["ixx"], inertia["ixy"], inertia["ixz"]], [inertia["ixy"], inertia["iyy"], inertia["iyz"]],
                               [inertia["ixz"], inertia["iyz"], inertia["izz"]]])  # fmt: skip
            moments = np.linalg.eigvalsh(matrix)
            assert mass > 0.0 and moments[0] > 0.0, link.get("name")
            # No body turns more easily about two axes than about the third, and none is larger than the robot.
            assert moments[0] + moments[1] >= moments[2] * (1.0 - 1e-9), link.get("name")
            assert moments[2] < mass * reach**2, link.get("name")
            masses.append(mass)
        assert sum(masses) == pytest.approx(params.robot.mass_kg)


@pytest.mark.parametrize("name", ["shipped", "tall and heavy", "without a screen"])
def test_nothing_solid_sticks_out_of_the_outline(name):
    params, *urdfs = make_urdfs(ROBOTS[name])
    for urdf in urdfs:
        shapes = read_urdf(urdf).collisions
        assert len(shapes) == 4
        for shape in shapes:
            assert compute_signed_distances(shape.points_base[:, :2], params.robot.footprint).max() < 1e-6, shape.link
            assert -1e-9 <= shape.points_base[:, 2].min() and shape.points_base[:, 2].max() <= params.robot.height_m + 1e-9


def test_gazebo_finds_every_links_friction():
    """Its reader of URDF gives friction to the collisions that carry the link's name, and to no others."""
    params, _, urdf = make_urdfs({})
    root = ElementTree.fromstring(urdf)
    for link in root.findall("link"):
        for collision in link.findall("collision"):
            assert collision.get("name") == link.get("name")
    friction = {e.get("reference"): float(e.findtext("mu1")) for e in root.findall("gazebo") if e.find("mu1") is not None}
    assert friction == {
        "left_wheel_link": params.physics.wheel_friction,
        "right_wheel_link": params.physics.wheel_friction,
        "base_link": params.physics.hull_friction,
        "caster_link": 0.0,
    }
    assert root.find("gazebo[@reference='caster_joint']/preserveFixedJoint").text == "true"


def test_a_robot_without_a_screen_has_no_controller_for_it():
    _, _, urdf = make_urdfs({"robot__screen__joint": ""})
    assert "JointTrajectoryController" not in urdf and "screen" not in urdf.replace("screen_", "")
    assert [e.text for e in ElementTree.fromstring(urdf).iter("joint_name")] == ["left_wheel_joint", "right_wheel_joint"]


def test_a_clean_simulation_has_a_clean_lidar():
    for clean, stddev in ((True, 0.0), (False, make_params().lidar.noise_stddev_m)):
        root = ElementTree.fromstring(expand_gazebo_urdf(make_params(clean=clean)))
        assert float(root.findtext(".//noise/stddev")) == stddev


def test_own_and_foreign_descriptions_are_told_apart(tmp_path):
    own = find_share_folder() / "urdf" / "astro.urdf.xacro"
    link = tmp_path / "linked.xacro"
    link.symlink_to(own)
    foreign = tmp_path / "robot.xacro"
    foreign.write_text(
        '<robot name="other" xmlns:xacro="http://www.ros.org/wiki/xacro"><xacro:property name="n" value="base_link"/><link name="${n}"/></robot>'
    )
    assert is_own_description(own) and is_own_description(link)
    assert not is_own_description(foreign) and not is_own_description(tmp_path / "absent.urdf")
    assert read_urdf(expand_foreign_urdf(foreign)).name == "other"


@pytest.mark.parametrize("content", [None, "<robot", "<robot xmlns:xacro='http://www.ros.org/wiki/xacro'><xacro:nothing/></robot>",
                                     "<robot xmlns:xacro='http://www.ros.org/wiki/xacro'><xacro:include filename='$(find no_such_package)/a.xacro'/></robot>"])  # fmt: skip
def test_a_description_that_cannot_be_expanded_is_named(content, tmp_path):
    path = tmp_path / "robot.xacro"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RobotDescriptionError, match="robot.xacro cannot be expanded"):
        expand_foreign_urdf(path)
