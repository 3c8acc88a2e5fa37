import sys

import pytest

from astro_nav.launching.errors import LaunchError, SourceLine
from astro_nav.launching.scope import Scope
from astro_nav.launching.substitutions import expand_text, parse_boolean, parse_condition


@pytest.fixture
def source(tmp_path):
    return SourceLine(tmp_path / "some.launch.xml", 7)


@pytest.fixture
def scope(tmp_path):
    prefix = tmp_path / "prefix"
    index = prefix / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / "my_pkg").touch()
    program = prefix / "lib" / "my_pkg" / "talker"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return Scope({"map": "home.yaml", "empty": "", "on": "true"}, {"AMENT_PREFIX_PATH": str(prefix), "HOME": "/home/me", "PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize(
    "text, expected",
    [
        ("$(var map)", "home.yaml"),
        ("$(var nothing fallback)", "fallback"),
        ("<$(var empty)>", "<>"),
        ("$(env HOME)/x", "/home/me/x"),
        ("$(env NOT_THERE default)", "default"),
        ("$(dirname)", "{folder}"),
        ("$(filename)", "{folder}/some.launch.xml"),
        ("$(find-pkg-prefix my_pkg)", "{folder}/prefix"),
        ("$(find-pkg-share my_pkg)/m", "{folder}/prefix/share/my_pkg/m"),
        ("$(exec-in-pkg talker my_pkg)", "{folder}/prefix/lib/my_pkg/talker"),
        ("$(command 'echo one  \"two  three\"')", "one two  three\n"),
        ("$(command 'sh -c \"echo warn >&2; echo out\"' ignore)", "out\n"),
        ("$(command 'sh -c \"echo both >&2\"' capture)", "both\n"),
        (r"$(eval '\'$(var map)\' == \'home.yaml\'')", "True"),
        ("$(eval '1 + 2 * 3')", "7"),
        ("$(eval '7 // 2 if 1 < 2 <= 2 and not False else 0')", "3"),
        (r"$(eval '\'a\' in [\'a\', \'b\'] or 1 / 0')", "True"),
        ("$(equals 1.0 1)", "true"),
        ("$(equals true 1)", "true"),
        ("$(equals $(var map) home.yaml)", "true"),
        ("$(equals $(var empty) $(var empty))", "true"),
        ("$(not-equals a b)", "true"),
        ("$(not $(var on))", "false"),
        ("$(and true $(var on))", "true"),
        ("$(or off 0)", "false"),
        ("$(if $(var on) yes_it_is no)", "yes_it_is"),
        ("$(if no a)", ""),
    ],
)
def test_substitutions_have_the_value_that_ros2_launch_gives(text, expected, scope, source, tmp_path):
    assert expand_text(text, scope, source) == expected.replace("{folder}", str(tmp_path))


def test_file_content_is_read(scope, source, tmp_path):
    (tmp_path / "note.txt").write_text("grüße\n", encoding="utf-8")
    assert expand_text(f"$(file-content {tmp_path}/note.txt)", scope, source) == "grüße\n"


def test_anonymous_name_is_the_same_for_every_use_and_fit_for_a_node(scope, source):
    first, again, other = (expand_text(f"$(anon {name})", scope, source) for name in ("a", "a", "b"))
    assert first == again != other
    assert first.replace("_", "").isalnum()


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("$(var mapp)", r"\$\(var mapp\) is not set here, did you mean map\?"),
        ("$(env NOT_THERE)", "environment variable NOT_THERE is not set"),
        ("$(find-pkg-share my_pk)", "'my_pk' is not installed in .*, did you mean my_pkg"),
        ("$(exec-in-pkg walker my_pkg)", "'walker' of package my_pkg is not in .*, did you mean talker"),
        ("$(find-exec no_such_program)", "'no_such_program' is not on the PATH"),
        ("$(file-content /no/such/file)", "cannot be read: No such file"),
        ("$(command 'sh -c \"echo oh no >&2; exit 3\"')", "failed with exit code 3: oh no"),
        ("$(command 'sh -c \"echo oh no >&2\"')", "wrote to its error output: oh no"),
        ("$(command 'no_such_program')", "cannot be run"),
        ("$(command 'echo' loudly)", "not 'loudly'"),
        ("$(eval 'open(1)')", "not 'open\\(1\\)'; ros2 launch evaluates any Python"),
        ("$(eval '1 +')", "is no Python expression"),
        ("$(eval '1 / 0')", "fails: division by zero"),
        ("$(equals $(var map) '')", "cannot compare with an empty text"),
        ("$(not maybe)", "'maybe' is no boolean"),
        ("$(finn-pkg-share x)", r"\$\(finn-pkg-share \.\.\.\) is unknown, did you mean find-pkg-share"),
        ("$(dirname x)", "takes 0 arguments and has 1"),
        ("$(env a b c)", "takes 1 to 2 arguments and has 3"),
    ],
)
def test_what_cannot_be_substituted_is_refused_with_its_line(text, complaint, scope, source):
    with pytest.raises(LaunchError, match=complaint) as caught:
        expand_text(text, scope, source)
    assert str(caught.value).startswith(f"{source}: ")


def test_lookup_without_a_prefix_path_says_what_to_source(source):
    with pytest.raises(LaunchError, match="AMENT_PREFIX_PATH is empty: source"):
        expand_text("$(find-pkg-share my_pkg)", Scope({}, {}), source)


def test_command_that_warns_is_heard(scope, source, capsys):
    assert expand_text("$(command 'sh -c \"echo careful >&2; echo out\"' warn)", scope, source) == "out\n"
    assert "careful" in capsys.readouterr().err


@pytest.mark.parametrize("text, expected", [(" True ", True), ("1", True), ("FALSE", False), ("0", False)])
def test_conditions_are_true_false_1_and_0(text, expected, source):
    assert parse_condition(text, source) is expected


@pytest.mark.parametrize("text", ["", "yes", "2", "tru"])
def test_other_conditions_are_refused(text, source):
    with pytest.raises(LaunchError, match="is no condition"):
        parse_condition(text, source)


def test_boolean_words_of_yaml_are_understood(source):
    assert parse_boolean("yes", source) and parse_boolean("ON", source)
    assert not parse_boolean("off", source)
    with pytest.raises(LaunchError, match="is no boolean"):
        parse_boolean("oN", source)


def test_expression_cannot_reach_into_python(scope, source):
    with pytest.raises(LaunchError):
        expand_text(r"$(eval '\'\'.__class__')", scope, source)
    assert "antigravity" not in sys.modules
