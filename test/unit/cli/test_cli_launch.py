import pytest
from scenes.install_prefix import InstallPrefix

from astro_nav.cli.main import main

ADDS = '<arg name="word" default="hello" description="what to say"/> <arg name="must"/>'


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    prefix = InstallPrefix(tmp_path / "prefix")
    prefix.add_program("pkg", "say", "import sys; print(*sys.argv[1:])")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(prefix.folder))
    monkeypatch.chdir(tmp_path)
    return prefix


def test_arguments_are_shown_with_meaning_and_default(prefix, capsys):
    prefix.add_launch_file("pkg", "say.launch.xml", ADDS)
    assert main(["launch", "pkg", "say.launch.xml", "--show-args"]) == 0
    text = capsys.readouterr().out
    assert "  word\n      what to say\n      default: hello\n  must\n      no description\n      must be given" in text


def test_dry_run_prints_the_commands_and_starts_nothing(prefix, capsys, tmp_path):
    prefix.add_program("pkg", "say", f"open({str(tmp_path / 'ran')!r}, 'w')")
    path = prefix.add_launch_file("pkg", "say.launch.xml", ADDS + '<node pkg="pkg" exec="say" name="$(var must)" args="$(var word)"/>')
    assert main(["launch", str(path), "must:=sayer", "--print", "word:=two words"]) == 0
    assert capsys.readouterr().out == f"[sayer] {prefix.folder}/lib/pkg/say 'two words' --ros-args -r __node:=sayer\n"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["pkg", "say.launch.xml"], "say.launch.xml:2: the argument must (no description) has no default: give must:=..."),
        (["pkg", "say.launch.xml", "must:=x", "wrod:=y"], "the launch file has no argument 'wrod', did you mean word?"),
        (["pkg", "say.launch.xml", "must:=x"], "the launch file starts no process with these arguments"),
        (["pkg", "yas.launch.xml"], "launch file yas.launch.xml is neither a path nor below"),
        (["bringup.launch.xml"], "package 'astro_nav' is not installed in"),
        (["pkg", "say.launch.xml", "extra"], "expected FILE or PACKAGE FILE, then arguments name:=value, not pkg say.launch.xml extra"),
        (["must:=x"], "expected FILE or PACKAGE FILE"),
        (["pkg", "say.launch.xml", "must:="], "leave must out to get its default"),
    ],
)
def test_bad_command_lines_are_a_sentence_and_exit_code_2(words, complaint, prefix, capsys):
    prefix.add_launch_file("pkg", "say.launch.xml", ADDS)
    assert main(["launch", *words]) == 2
    error = capsys.readouterr().err
    assert complaint in error and error.startswith("astro-nav launch: ") and "Traceback" not in error


def test_without_a_file_usage_is_shown(prefix, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["launch"])
    assert caught.value.code == 2
    assert "usage: astro-nav launch [-h] [--show-args] [--print] [PACKAGE] FILE [name:=value ...]" in capsys.readouterr().err
