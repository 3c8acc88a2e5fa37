"""Expected values are what a node received from ROS 2 Jazzy's `ros2 launch` (launch_ros 0.26.6) for the same tags."""

import math

import pytest
import yaml

from astro_nav.launching.errors import LaunchError
from astro_nav.launching.parameter_values import read_inline_parameters
from astro_nav.launching.plan import InlineParameters
from astro_nav.launching.scope import Scope
from astro_nav.launching.xml_source import read_xml

VARIABLES = {"o": "word", "number": "123", "empty": "", "truth": "true", "list": "[1, 2]"}


@pytest.fixture
def read(tmp_path):
    def read(xml):
        path = tmp_path / "p.launch.xml"
        path.write_text(f"<launch>\n{xml}\n</launch>", encoding="utf-8")
        return read_inline_parameters(read_xml(path).children[0], Scope(dict(VARIABLES), {}))

    return read


@pytest.mark.parametrize(
    "attributes, expected",
    [
        ('value="42"', 42),
        ('value="42" type="str"', "42"),
        ('value="1.5"', 1.5),
        ('value="3" type="float"', 3.0),
        ('value="1" type="bool"', True),
        ('value="off" type="bool"', False),
        ('value="yes"', True),
        ('value="010"', 8),
        ('value="0x1F"', 31),
        ('value="1_000"', 1000),
        ('value=".inf"', math.inf),
        ('value=""', ""),
        ('value="" type="str"', ""),
        ('value="hello: world" type="str"', "hello: world"),
        ('value="/a/b c.yaml"', "/a/b c.yaml"),
        ('value="grüße ☃"', "grüße ☃"),
        ('value="[1, 2, 3]"', [1, 2, 3]),
        ('value="[1.0, 2.5]" type="list_of_float"', [1.0, 2.5]),
        ("value=\"[a, '1']\" type=\"list_of_str\"", ["a", "1"]),
        ('value="[$(var o), z]"', ["word", "z"]),
        ('value="$(var number)"', 123),
        ('value="$(var number)" type="str"', "123"),
        ('value="$(var number)" type="int"', 123),
        ('value="$(var empty)"', ""),
        ('value="$(var empty)" type="str"', ""),
        ('value="$(var truth)" type="bool"', True),
        ('value="$(var truth)"', True),
        ('value="$(var list)"', [1, 2]),
        ("value=\"'12'\"", "12"),
        ("value=\"'$(var number)'\"", 123),
        (r'value="a\\b \$(var o) \n" type="str"', r"a\b $(var o) n"),
    ],
)
def test_value_gets_the_type_that_ros2_launch_gives_it(attributes, expected, read):
    value = read(f'<param name="p" {attributes}/>')["p"]
    assert value == expected and type(value) is type(expected)


def test_nested_tags_join_with_dots(read):
    values = read('<param name="a"><param name="b" value="1"/><param name="c"><param name="$(var o)" value="x"/></param></param>')
    assert values == {"a.b": 1, "a.c.word": "x"}


@pytest.mark.parametrize(
    "xml, complaint",
    [
        ('<param name="p" value="x" type="int"/>', "parameter p: 'x' is not of type int"),
        ('<param name="p" value="$(var o)" type="bool"/>', "parameter p: 'word' is not a bool"),
        ('<param name="p" value="[1, a]"/>', "elements must have one type"),
        ('<param name="p" value="[]"/>', "must not be empty"),
        ('<param name="p" value="[1]" type="list_of_float"/>', "is not a list of float"),
        ('<param name="p" value="{a: 1}"/>', "neither a bool, a number, a text"),
        ('<param name="p" value="~"/>', "neither a bool"),
        ('<param name="p" value="2024-01-01"/>', 'for a text, say type="str"'),
        ('<param name="p" value="a: b: c"/>', "is not a YAML value"),
        ('<param name="p" value="1" type="integer"/>', "type 'integer' is unknown"),
        ('<param name="p"/>', "needs either a value or nested"),
        ('<param name="p" value="1"><param name="q" value="2"/></param>', "needs either a value or nested"),
        ('<param name="p" type="int"><param name="q" value="2"/></param>', "cannot have a type"),
        ('<param value="1"/>', 'needs the attribute name="..."'),
    ],
)
def test_unfit_values_are_refused_with_their_line(xml, complaint, read):
    with pytest.raises(LaunchError, match=complaint) as caught:
        read(xml)
    assert "p.launch.xml:2: " in str(caught.value)


def test_parameter_file_keeps_text_that_looks_like_a_number():
    values = {"a": "123", "b": "", "c": 1, "d": "on", "e": 'x: "y"\nz', "f": [1.0, 2.0]}
    text = InlineParameters("/robot/node", values).write_yaml()
    assert yaml.safe_load(text) == {"/robot/node": {"ros__parameters": values}}
