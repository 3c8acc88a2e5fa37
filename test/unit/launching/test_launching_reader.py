from pathlib import Path

import pytest
from scenes.install_prefix import InstallPrefix

from astro_nav.launching.errors import LaunchError
from astro_nav.launching.reader import read_launch_file


@pytest.fixture
def prefix(tmp_path):
    prefix = InstallPrefix(tmp_path / "prefix")
    prefix.add_program("pkg", "talker")
    return prefix


@pytest.fixture
def read(prefix):
    def read(xml, **arguments):
        path = prefix.add_launch_file("pkg", "outer.launch.xml", xml)
        path.with_name("outer.launch.xml.py").touch()
        environment = {"AMENT_PREFIX_PATH": str(prefix.folder), "PATH": "/usr/bin:/bin"}
        return read_launch_file(path, arguments, environment)

    return read


def get_words(process):
    """The command after the executable."""
    return list(process.spec.command[1:])


def get_values(process):
    return {name: value for block in process.inline_parameters.values() for name, value in block.values.items()}


def test_node_becomes_a_command_with_name_namespace_parameters_and_remappings(read, prefix, tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("/**: {ros__parameters: {a: 1}}")
    (process,) = read(
        f"""
        <node pkg="pkg" exec="talker" name="me" namespace="ns" args="-x 'two words'" ros_args="--log-level debug"
              output="screen" on_exit="shutdown" sigterm_timeout="1.5" sigkill_timeout="2.5" cwd="/" launch-prefix="nice -n 5">
          <param name="first" value="1"/>
          <param name="second" value="2"/>
          <param from="{file}"/>
          <param name="first" value="3"/>
          <remap from="chatter" to="/talk"/>
          <env name="LEVEL" value="high"/>
        </node>"""
    ).processes
    spec = process.spec
    assert spec.command == (
        *("nice", "-n", "5", str(prefix.folder / "lib/pkg/talker"), "-x", "two words", "--ros-args", "--log-level", "debug"),
        *("--ros-args", "-r", "__node:=me", "-r", "__ns:=/ns", "--params-file", "<parameters 1>", "--params-file", str(file)),
        *("--params-file", "<parameters 2>", "-r", "chatter:=/talk"),
    )
    blocks = list(process.inline_parameters.values())
    assert [block.section for block in blocks] == ["/ns/me", "/ns/me"]
    assert [dict(block.values) for block in blocks] == [{"first": 1, "second": 2}, {"first": 3}]
    assert (spec.name, spec.required, spec.working_folder, spec.respawn) == ("me", True, Path("/"), None)
    assert (spec.sigterm_after_s, spec.sigkill_after_s) == (1.5, 2.5)
    assert spec.environment["LEVEL"] == "high"


def test_placeholders_become_files_with_the_parameters(read, tmp_path):
    (process,) = read('<node pkg="pkg" exec="talker" name="me"><param name="s" value="007" type="str"/></node>').processes
    folder = tmp_path / "files"
    folder.mkdir()
    words = process.prepare(folder).command
    file = Path(words[words.index("--params-file") + 1])
    assert file.parent == folder
    assert file.read_text() == "/**:\n  ros__parameters:\n    s: '007'\n"


def test_without_a_namespace_none_is_passed_and_parameters_go_to_whichever_node_it_is(read):
    (process,) = read('<node pkg="pkg" exec="talker"><param name="a" value="1"/></node>').processes
    assert get_words(process) == ["--ros-args", "--params-file", "<parameters 1>"]
    assert process.inline_parameters["<parameters 1>"].section == "/**"
    assert process.spec.name == "talker"


@pytest.mark.parametrize("tag", ["push_ros_namespace", "push-ros-namespace"])
def test_pushed_namespaces_nest_and_end_with_their_group(tag, read):
    plan = read(
        f"""
        <group>
          <{tag} namespace="a"/>
          <group> <{tag} namespace="b"/> <node pkg="pkg" exec="talker" name="inner"/> </group>
          <node pkg="pkg" exec="talker" name="outer"/>
        </group>
        <group> <{tag} namespace=""/> <node pkg="pkg" exec="talker" name="root"/> </group>
        <node pkg="pkg" exec="talker" name="none"/>"""
    )
    namespaces = {process.spec.name: [word for word in get_words(process) if word.startswith("__ns")] for process in plan.processes}
    assert namespaces == {"inner": ["__ns:=/a/b"], "outer": ["__ns:=/a"], "root": ["__ns:=/"], "none": []}


def test_what_an_include_sets_stays_set_unless_a_group_is_around_it(read, prefix):
    prefix.add_launch_file(
        "pkg",
        "inner.launch.xml",
        """
        <arg name="who" default="nobody"/> <arg name="outer_one" default="own default"/>
        <let name="leaked" value="$(var outer_one)"/>
        <node pkg="pkg" exec="talker" name="$(var who)"/>""",
    )
    plan = read(
        """
        <arg name="outer_one" default="visible inside"/>
        <let name="leaked" value="before"/>
        <group> <include file="$(dirname)/inner.launch.xml"> <arg name="who" value="grouped"/> </include> </group>
        <log message="$(var leaked)"/>
        <include file="$(find-pkg-share pkg)/launch/inner.launch.xml"/>
        <log message="$(var leaked), $(var who)"/>"""
    )
    assert [process.spec.name for process in plan.processes] == ["grouped", "nobody"]
    assert plan.messages == ["before", "visible inside, nobody"]


def test_unscoped_group_changes_what_is_around_it(read):
    plan = read('<group scoped="false"> <let name="a" value="1"/> </group> <log message="$(var a)"/>')
    assert plan.messages == ["1"]


@pytest.mark.parametrize("on, names", [("true", ["yes", "grouped"]), ("0", ["no"])])
def test_conditions_choose_tags_and_groups(on, names, read):
    plan = read(
        """
        <arg name="on"/>
        <node if="$(var on)" pkg="pkg" exec="talker" name="yes"/>
        <node unless="$(var on)" pkg="pkg" exec="talker" name="no"/>
        <group if="$(var on)"> <node pkg="pkg" exec="talker" name="grouped"/> </group>""",
        on=on,
    )
    assert [process.spec.name for process in plan.processes] == names


def test_environment_holds_for_what_comes_after_and_in_the_group(read):
    plan = read(
        """
        <set_env name="A" value="1"/>
        <group> <set_env name="B" value="2"/> <node pkg="pkg" exec="talker" name="first"/> </group>
        <unset_env name="A"/>
        <append_env name="C" value="x"/> <append_env name="C" value="y"/> <append_env name="C" value="w" prepend="true" separator="-"/>
        <node pkg="pkg" exec="talker" name="second"/>"""
    )
    first, second = (process.spec.environment for process in plan.processes)
    assert (first.get("A"), first.get("B")) == ("1", "2")
    assert (second.get("A"), second.get("B"), second.get("C")) == (None, None, "w-x:y")


def test_remappings_of_a_group_reach_every_node_in_it_and_in_its_includes(read, prefix):
    prefix.add_launch_file("pkg", "inner.launch.xml", '<node pkg="pkg" exec="talker" name="inside"/>')
    plan = read(
        """
        <group>
          <set_remap from="/tf" to="tf"/>
          <include file="$(dirname)/inner.launch.xml"/>
        </group>
        <node pkg="pkg" exec="talker" name="outside"/>"""
    )
    assert [get_words(process)[-1] for process in plan.processes] == ["/tf:=tf", "__node:=outside"]


def test_executables_of_any_kind_are_started_too(read):
    plan = read(
        """
        <let name="folder" value="/some where"/>
        <executable cmd="/bin/ls -l $(var folder)/x"/>
        <executable cmd="echo $(var folder)" shell="true" name="shouter" respawn="true" respawn_delay="2" respawn_max_retries="3"/>"""
    )
    listing, shouter = (process.spec for process in plan.processes)
    assert (listing.name, listing.command) == ("ls", ("/bin/ls", "-l", "/some where/x"))
    assert (shouter.name, shouter.command) == ("shouter", ("/bin/sh", "-c", "echo /some where"))
    assert (shouter.respawn.delay_s, shouter.respawn.max_times) == (2.0, 3)


def test_processes_of_one_name_get_numbers(read):
    plan = read('<node pkg="pkg" exec="talker" name="a"/>' * 3)
    assert [process.spec.name for process in plan.processes] == ["a", "a-2", "a-3"]


def test_patience_can_be_set_for_all(read):
    (process,) = read('<node pkg="pkg" exec="talker"/>', sigterm_timeout="0.5", sigkill_timeout="1").processes
    assert (process.spec.sigterm_after_s, process.spec.sigkill_after_s) == (0.5, 1.0)


def test_given_argument_beats_the_default_and_must_be_one_of_the_choices(read):
    xml = '<arg name="mode" default="slow"> <choice value="slow"/> <choice value="fast"/> </arg> <log message="$(var mode)"/>'
    assert read(xml).messages == ["slow"]
    assert read(xml, mode="fast").messages == ["fast"]
    with pytest.raises(LaunchError, match="mode:=furious must be one of slow, fast"):
        read(xml, mode="furious")


@pytest.mark.parametrize(
    "xml, line, complaint",
    [
        ('<arg name="map" description="the map to use"/>', 2, r"argument map \(the map to use\) has no default: give map:="),
        ('<log message=""/>\n<noed/>', 3, "the tag <noed> is unknown, did you mean node"),
        ('<timer period="1"/>', 2, "<timer> is read by ros2 launch but not by this runner"),
        ('<param name="a" value="1"/>', 2, "<param> cannot stand in <launch>"),
        ('<node pkg="pkg" exce="talker"/>', 2, "<node> has no attribute 'exce', did you mean exec"),
        ('<node pkg="pkg"/>', 2, '<node> needs the attribute exec="..."'),
        ('<node pkg="pkg" exec="walker"/>', 2, "executable 'walker' of package pkg is not in .*, did you mean talker"),
        ('<node pkg="pgk" exec="talker"/>', 2, "package 'pgk' is not installed"),
        ('<node pkg="pkg" exec="talker" name="a b"/>', 2, "'a b' is no ROS node name"),
        ('<node pkg="pkg" exec="talker" on_exit="restart"/>', 2, "on_exit='restart' is unknown"),
        ('<node pkg="pkg" exec="talker" output="loud"/>', 2, "output='loud' must be one of screen"),
        ('<node pkg="pkg" exec="talker" respawn="maybe"/>', 2, "'maybe' is no boolean"),
        ('<node pkg="pkg" exec="talker" sigterm_timeout="-1"/>', 2, "must be a number of seconds"),
        ('<node pkg="pkg" exec="talker" respawn="1" respawn_max_retries="x"/>', 2, "must be a whole number"),
        ('<node pkg="pkg" exec="talker">\n<param from="/no/such.yaml"/></node>', 3, "parameter file '/no/such.yaml' does not exist"),
        ('<node pkg="pkg" exec="talker">\n<param from="/a" name="b"/></node>', 3, "needs either from"),
        ('<node pkg="pkg" exec="talker" if="1" unless="1"/>', 2, "cannot have both if and unless"),
        ('<node pkg="pkg" exec="talker" if=""/>', 2, "'' is no condition"),
        ('<node pkg="pkg" exec="talker" args="\'open"/>', 2, "No closing quotation"),
        ('<group> <push_ros_namespace namespace="3d"/> </group>', 2, "is no ROS namespace"),
        ('<include file="/no/such.launch.xml"/>', 2, "included file /no/such.launch.xml does not exist"),
        ('<include file="$(filename).py"/>', 2, "outer.launch.xml.py is not an XML launch file: only ros2 launch"),
        ('<include file="$(filename)"/>', 2, "is there a circle"),
        ('<include file="$(filename)"> <let name="a" value="1"/> </include>', 2, "<let> cannot stand in <include>"),
        ('<executable cmd=""/>', 2, "needs a command"),
        ("<log message='$(var x'/>", 2, r"not closed with \)"),
        ('<let name="a" value="1" vlaue="2"/>', 2, "no attribute 'vlaue', did you mean value"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(xml, line, complaint, read):
    with pytest.raises(LaunchError, match=complaint) as caught:
        read(xml)
    assert f"outer.launch.xml:{line}: " in str(caught.value)


def test_python_launch_files_are_left_to_ros2_launch(tmp_path):
    path = tmp_path / "some.launch.py"
    path.write_text("def generate_launch_description(): ...")
    with pytest.raises(LaunchError, match="some.launch.py is not an XML launch file: only ros2 launch"):
        read_launch_file(path, {}, {})


def test_tags_that_are_not_wanted_are_still_checked(read):
    with pytest.raises(LaunchError, match="no attribute 'exce'"):
        read('<group if="false"> <node pkg="pkg" exce="talker"/> </group>')


@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"<launch><node></launch>", "broken.launch.xml:1: not well-formed XML: mismatched tag"),
        (b"\n\n<start/>", "broken.launch.xml:3: the outermost tag of a launch file must be <launch>"),
        (b"", "broken.launch.xml:1: not well-formed XML: no element found"),
        (b"\xff\xfe<", "not well-formed XML"),
    ],
)
def test_files_that_are_no_launch_files_are_refused(content, complaint, tmp_path):
    path = tmp_path / "broken.launch.xml"
    path.write_bytes(content)
    with pytest.raises(LaunchError, match=complaint):
        read_launch_file(path, {}, {})


def test_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(LaunchError, match="none.launch.xml cannot be read: No such file"):
        read_launch_file(tmp_path / "none.launch.xml", {}, {})


def test_description_shows_what_would_be_typed(read):
    (process,) = read('<node pkg="pkg" exec="talker" name="me" args="\'two words\'"><param name="a" value="1"/></node>').processes
    text = process.describe()
    assert text.startswith("[me] /") and "'two words' --ros-args -r __node:=me --params-file <parameters 1>" in text
    assert text.endswith("        /**:\n          ros__parameters:\n            a: 1")
