import pytest
from scenes.install_prefix import InstallPrefix

from astro_nav.launching.arguments import list_arguments, parse_assignments, require_declared
from astro_nav.launching.errors import LaunchError


@pytest.fixture
def prefix(tmp_path):
    return InstallPrefix(tmp_path / "prefix")


def test_assignments_are_read_and_the_last_one_of_a_name_wins():
    assert parse_assignments(["a:=1", "b:=x:=y", "a:=2"]) == {"a": "2", "b": "x:=y"}


@pytest.mark.parametrize(
    "word, complaint", [("map", "write name:=value"), ("map=x", "write name:=value"), (":=x", "write name:=value"), ("map:=", "leave map out")]
)
def test_words_of_another_form_are_refused(word, complaint):
    with pytest.raises(LaunchError, match=complaint):
        parse_assignments([word])


def test_arguments_of_includes_and_of_unmet_conditions_are_listed_but_not_those_that_are_fixed(prefix):
    prefix.add_launch_file(
        "pkg", "inner.launch.xml", '<arg name="fixed"/> <arg name="free" default="$(dirname)"/> <arg name="shared" default="inner"/>'
    )
    outer = prefix.add_launch_file(
        "pkg",
        "outer.launch.xml",
        """
        <arg name="shared" default="outer" description="seen first"/>
        <arg name="file" default="inner"/>
        <group if="false"> <arg name="hidden" default="h"> <choice value="h"/> </arg> </group>
        <include file="$(dirname)/$(var file).launch.xml"> <arg name="fixed" value="1"/> </include>
        <include file="$(env NOT_SET_ANYWHERE)/x.launch.xml"/>""",
    )
    arguments = {argument.name: argument for argument in list_arguments(outer, {}, {})}
    assert list(arguments) == ["shared", "file", "hidden", "free"]
    assert (arguments["shared"].default, arguments["shared"].description) == ("outer", "seen first")
    assert arguments["free"].default == "$(dirname)"
    assert arguments["hidden"].choices == ("h",)
    assert "free" not in {argument.name for argument in list_arguments(outer, {"file": "another"}, {})}


def test_listing_runs_no_commands(prefix, tmp_path):
    file = prefix.add_launch_file("pkg", "a.launch.xml", f"<arg name=\"a\" default=\"$(command 'touch {tmp_path}/ran')\"/>")
    assert [argument.name for argument in list_arguments(file, {}, {})] == ["a"]
    assert not (tmp_path / "ran").exists()


def test_files_that_include_one_another_can_be_listed(prefix):
    prefix.add_launch_file("pkg", "a.launch.xml", '<arg name="a" default=""/> <include file="$(dirname)/b.launch.xml"/>')
    file = prefix.add_launch_file("pkg", "b.launch.xml", '<arg name="b" default=""/> <include file="$(dirname)/a.launch.xml"/>')
    assert {argument.name for argument in list_arguments(file, {}, {})} == {"a", "b"}


def test_unknown_arguments_are_refused_with_the_nearest_names(prefix):
    declared = list_arguments(prefix.add_launch_file("pkg", "a.launch.xml", '<arg name="params_file" default=""/>'), {}, {})
    require_declared({"params_file": "x", "sigterm_timeout": "1"}, declared)
    with pytest.raises(LaunchError, match="no argument 'param_file', did you mean params_file"):
        require_declared({"param_file": "x"}, declared)
    with pytest.raises(LaunchError, match="no argument 'zzz'; there are: params_file"):
        require_declared({"zzz": "x"}, declared)
