"""The one description of the robot: true to robot.yaml, physically possible, readable by those who read URDF."""

import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import mujoco
import numpy as np
import pytest
import xacro
from scenes.simulated import drive, make_params, make_simulator, make_wall

from astro_nav.params.files import find_share_folder
from astro_nav.simulation.robot_model import build_robot_spec, expand_urdf, find_pose_base_laser, split_into_triangles
from astro_nav.simulation.solids import Solid


def read_urdf(**changes):
    return ElementTree.fromstring(expand_urdf(make_params(**changes).robot))


def read_vector(element, name):
    return np.array([float(number) for number in element.get(name).split()])


def test_the_numbers_are_those_of_robot_yaml():
    robot, urdf = make_params().robot, read_urdf()
    hull = urdf.find("link[@name='base_link']/collision[@name='hull']")
    size, origin = read_vector(hull.find("geometry/box"), "size"), read_vector(hull.find("origin"), "xyz")
    np.testing.assert_allclose(size[:2], np.ptp(robot.footprint, axis=0))
    assert origin[2] + 0.5 * size[2] == pytest.approx(robot.height_m)
    assert sum(float(mass.get("value")) for mass in urdf.iter("mass")) == pytest.approx(robot.mass_kg)
    wheels = [read_vector(urdf.find(f"joint[@name='{side}_wheel_joint']/origin"), "xyz") for side in ("left", "right")]
    np.testing.assert_allclose(wheels[0] - wheels[1], [0.0, robot.wheel_separation_m, 0.0])
    assert wheels[0][2] == robot.wheel_radius_m and wheels[0][0] == 0.0  # base_link: middle of the axle, on the floor
    limit = urdf.find(f"joint[@name='{robot.screen.joint}']/limit")
    assert float(limit.get("upper")) == robot.screen.max_pan_rad
    assert float(limit.get("velocity")) == robot.screen.max_speed_radps


def test_the_file_alone_gives_the_shipped_robot():
    path = find_share_folder() / "urdf" / "astro.urdf.xacro"
    alone = ElementTree.fromstring(xacro.process_file(str(path)).toxml())
    with_params = read_urdf()
    for left, right in zip(alone.iter(), with_params.iter()):
        assert left.tag == right.tag and left.attrib == right.attrib


def test_a_robot_laid_over_robot_yaml_gets_its_own_body():
    urdf = read_urdf(
        robot__footprint_m="[[0.3, 0.2], [0.3, -0.2], [-0.1, -0.2], [-0.1, 0.2]]", robot__mass_kg=20.0, robot__height_m=0.6
    )
    hull = urdf.find("link[@name='base_link']/collision[@name='hull']")
    np.testing.assert_allclose(read_vector(hull.find("geometry/box"), "size")[:2], [0.4, 0.4])
    np.testing.assert_allclose(read_vector(hull.find("origin"), "xyz")[:2], [0.1, 0.0])
    assert sum(float(mass.get("value")) for mass in urdf.iter("mass")) == pytest.approx(20.0)


def test_a_robot_without_a_screen_has_no_screen():
    params = make_params(robot__screen__joint="", clean=True)
    assert ElementTree.fromstring(expand_urdf(params.robot)).find("link[@name='screen_link']") is None
    simulator = make_simulator(params=params)
    events = drive(simulator, (0.3, 0.0), 1.0)
    joints = [event for event in events if hasattr(event, "names")][-1]
    assert joints.names == ("left_wheel_joint", "right_wheel_joint")
    assert simulator.truth().screen_rad == 0.0 and simulator.truth().twist[0] == pytest.approx(0.3, abs=0.02)


def test_inertias_are_physically_possible():
    for link in read_urdf().iter("link"):
        inertia = link.find("inertial/inertia")
        assert inertia is not None, link.get("name")
        moments = sorted(float(inertia.get(axis)) for axis in ("ixx", "iyy", "izz"))
        assert moments[0] > 0.0 and moments[0] + moments[1] >= moments[2] * (1 - 1e-9), link.get("name")
        assert float(link.find("inertial/mass").get("value")) > 0.0


def test_nothing_of_the_robot_is_in_the_lidar_s_plane_beyond_its_minimum_range():
    params = make_params()
    spec = build_robot_spec(params, with_visuals=True)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    x, y, _, height = find_pose_base_laser(params)
    assert 0.15 < height < 0.3
    checked = 0
    for geom in range(model.ngeom):
        if model.geom_group[geom] != 2:  # only what is seen; the hull is the space that the robot takes
            continue
        half = np.abs(data.geom_xmat[geom].reshape(3, 3)) @ model.geom_aabb[geom, 3:]
        bottom, top = data.geom_xpos[geom, 2] - half[2], data.geom_xpos[geom, 2] + half[2]
        checked += 1
        if bottom <= height <= top:
            reach = np.abs(data.geom_xpos[geom, :2] - [x, y]) + half[:2]
            assert reach.max() < params.lidar.range_min_m, geom
    assert checked > 15


def test_an_unknown_lidar_frame_is_named():
    with pytest.raises(ValueError, match="lidar.frame = 'lazer' is no link"):
        find_pose_base_laser(make_params(lidar__frame="lazer"))


@pytest.mark.skipif(shutil.which("check_urdf") is None, reason="no check_urdf: install liburdfdom-tools")
def test_check_urdf_accepts_it(tmp_path):
    path = tmp_path / "astro.urdf"
    path.write_text(expand_urdf(make_params().robot))
    result = subprocess.run(["check_urdf", str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "root Link: base_link has 5 child(ren)" in result.stdout


def test_the_hull_has_the_exact_outline():
    """A pole that fits beside a triangle would hit the box around it."""
    triangle = "[[0.3, 0.0], [-0.2, 0.2], [-0.2, -0.2]]"
    params = make_params(clean=True, robot__footprint_m=triangle)
    assert len(split_into_triangles(params.robot.footprint)) == 1
    beside = Solid("pole", "object", (0.6, 0.13), radius_m=0.02)
    simulator = make_simulator(beside, params=params)
    drive(simulator, (0.3, 0.0), 1.55)
    assert 0.34 < simulator.truth().pose_map_base[0] < 0.46
    assert simulator.truth().contacts == ()
    drive(simulator, (0.3, 0.0), 2.0)
    assert simulator.truth().contacts[0].name == "pole"


def test_hollow_outlines_are_cut_into_triangles():
    arrow = np.array([[1.0, 0.0], [-1.0, 1.0], [-0.5, 0.0], [-1.0, -1.0]])
    triangles = split_into_triangles(arrow)

    def area(t):
        return 0.5 * ((t[1] - t[0])[0] * (t[2] - t[0])[1] - (t[1] - t[0])[1] * (t[2] - t[0])[0])

    assert len(triangles) == 2 and all(area(t) > 0 for t in triangles)
    assert sum(area(t) for t in triangles) == pytest.approx(1.5)
    simulator = make_simulator(make_wall(3.0, 0.0), params=make_params(
        clean=True, robot__footprint_m="[[0.3, 0.0], [-0.2, 0.2], [-0.1, 0.0], [-0.2, -0.2]]"))  # fmt: skip
    drive(simulator, (0.5, 0.0), 1.0)
    assert simulator.truth().twist[0] == pytest.approx(0.5, abs=0.02)
