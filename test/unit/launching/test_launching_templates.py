"""Expected results were taken from `launch.frontend.parse_substitution` of ROS 2 Jazzy (launch 3.4.3)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from astro_nav.launching.errors import LaunchError, SourceLine
from astro_nav.launching.templates import Call, Template, parse_template


def call(name, *arguments):
    return Call(name, tuple(Template(tuple(argument)) for argument in arguments))


@pytest.mark.parametrize(
    "text, parts",
    [
        ("", ()),
        ("plain text, $ and (parentheses)", ("plain text, $ and (parentheses)",)),
        ("$(var map)", (call("var", ["map"]),)),
        ("a$(var b)c$(dirname)", ("a", call("var", ["b"]), "c", call("dirname"))),
        ("$(env HOME /nowhere)", (call("env", ["HOME"], ["/nowhere"]),)),
        ("$(find-pkg-share $(var pkg)_more)", (call("find-pkg-share", [call("var", ["pkg"]), "_more"]),)),
        ("$(command 'xacro $(var urdf) a:=1')", (call("command", ["xacro ", call("var", ["urdf"]), " a:=1"]),)),
        (r"$(eval '\'$(var x)\' == \'a b\'')", (call("eval", ["'", call("var", ["x"]), "' == 'a b'"]),)),
        ('$(eval "1 == 2")', (call("eval", ["1 == 2"]),)),
        ("$(equals $(var map) '')", (call("equals", [call("var", ["map"])], []),)),
        (r"\$(not one) \\", (r"$(not one) " + "\\",)),
        (r"$(var a\ b)", (call("var", ["a\\"], ["b"]),)),
        (r"$(var a\)\')", (call("var", ["a)'"]),)),
        ("'$(var x)'", ("'", call("var", ["x"]), "'")),
    ],
)
def test_text_is_cut_as_ros2_launch_cuts_it(text, parts):
    assert parse_template(text).parts == parts


@pytest.mark.parametrize(
    "text", ["$(", "$()", "$(var", "$(var x", "$(var  x)", "$(var )", "$(eval 'x)", "$(1 x)", "$(var x))$(", "$(var x(y))", "$(eval 'a'b)"]
)
def test_malformed_substitutions_are_refused_with_their_line(text, tmp_path):
    source = SourceLine(tmp_path / "a.launch.xml", 12)
    with pytest.raises(LaunchError, match=r"a\.launch\.xml:12: .*, in ['\"]"):
        parse_template(text, source)


@given(st.text(alphabet="$()'\"\\ abv1/", max_size=30))
@example("$(var $(var $(var a)))")
def test_any_text_is_parsed_or_refused_with_a_sentence(text):
    try:
        template = parse_template(text)
    except LaunchError:
        return
    if "$(" not in text:
        assert template.is_literal


def test_literal_knows_that_it_is_one():
    assert parse_template("a b").is_literal
    assert not parse_template("a $(dirname)").is_literal
