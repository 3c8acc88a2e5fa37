import pytest

from astro_nav.launching.errors import LaunchError
from astro_nav.launching.scope import Scope, check_node_name, join_namespace


@pytest.mark.parametrize(
    "base, namespace, expected",
    [
        (None, None, None),
        (None, "", "/"),
        (None, "a", "/a"),
        (None, "/a/b/", "/a/b"),
        ("/a", None, "/a"),
        ("/a", "", "/a"),
        ("/a", "b", "/a/b"),
        ("/a", "/b", "/b"),
        ("/", "b", "/b"),
        ("/", "", "/"),
    ],
)
def test_namespaces_nest_as_in_ros2_launch(base, namespace, expected):
    assert join_namespace(base, namespace) == expected


@pytest.mark.parametrize("namespace", ["3d", "a b", "a//b", "a-b", "~", "{x}"])
def test_what_is_no_namespace_is_refused(namespace):
    with pytest.raises(LaunchError, match="is no ROS namespace"):
        join_namespace("/robot", namespace)


@pytest.mark.parametrize("name", ["", "1st", "a/b", "a-b", "a b"])
def test_what_is_no_node_name_is_refused(name):
    with pytest.raises(LaunchError, match="is no ROS node name"):
        check_node_name(name)


def test_changes_to_a_copy_do_not_come_back():
    scope = Scope({"a": "1"}, {"E": "1"}, "/n", [("x", "y")])
    copy = scope.copy()
    copy.variables["a"] = copy.environment["E"] = "2"
    copy.remappings.append(("u", "v"))
    copy.namespace = "/m"
    assert scope == Scope({"a": "1"}, {"E": "1"}, "/n", [("x", "y")])
