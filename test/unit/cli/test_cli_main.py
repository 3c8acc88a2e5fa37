import argparse
import subprocess
import sys
import types

import pytest
from scenes.install_prefix import CHECKOUT

from astro_nav.cli import main as main_module
from astro_nav.cli.main import describe_commands, import_command, list_command_names, main
from astro_nav.errors import MapError

SLOW_IMPORTS = ("rclpy", "numba", "matplotlib", "mujoco", "scipy")


@pytest.fixture
def command(monkeypatch):
    """A command `test-me` whose behaviour the test sets."""
    module = types.ModuleType("test_me", "Does what the test says.")
    module.NAME, module.HELP = "test-me", "a command for this test"
    module.add_arguments = lambda parser: parser.add_argument("words", nargs="*") and parser.add_argument("--flag", action="store_true")
    module.run = lambda args: 0
    monkeypatch.setitem(sys.modules, "astro_nav.cli.test_me", module)
    monkeypatch.setattr(main_module, "list_command_names", lambda: ["launch", "test-me"])
    return module


def test_every_module_in_the_folder_is_a_command():
    names = list_command_names()
    assert "launch" in names and "main" not in names
    for name in names:
        module = import_command(name)
        assert module.NAME == name
        assert module.HELP and "\n" not in module.HELP
        module.add_arguments(argparse.ArgumentParser())
        assert callable(module.run)


@pytest.mark.parametrize("words, code", [(["--help"], 0), (["-h"], 0), (["help"], 0), ([], 2)])
def test_help_lists_the_commands(words, code, capsys, command):
    assert main(words) == code
    text = capsys.readouterr().out
    assert "  launch   " in text and "  test-me  a command for this test" in text


def test_help_survives_a_command_that_cannot_be_imported(monkeypatch):
    def refuse(name):
        raise ModuleNotFoundError("No module named 'mujoco'")

    monkeypatch.setattr(main_module, "import_command", refuse)
    assert "launch  cannot be used here: No module named 'mujoco'" in describe_commands(["launch"])


def test_unknown_command_is_refused_with_the_nearest(capsys, command):
    assert main(["tset-me"]) == 2
    assert "no command 'tset-me', did you mean test-me?" in capsys.readouterr().err


def test_options_may_stand_anywhere_and_the_exit_code_comes_back(command):
    command.run = lambda args: 7 if (args.words, args.flag) == (["a", "b"], True) else 99
    assert main(["test-me", "a", "--flag", "b"]) == 7
    assert main(["test-me", "--flag", "a", "b"]) == 7


def test_command_with_commands_of_its_own_is_parsed_too(command):
    command.add_arguments = lambda parser: parser.add_subparsers(dest="what").add_parser("list")
    command.run = lambda args: 5 if args.what == "list" else 99
    assert main(["test-me", "list"]) == 5


def test_errors_of_ours_are_a_sentence_and_exit_code_2(command, capsys):
    def fail(args):
        raise MapError("home.yaml: resolution is 0 m, must be above 0")

    command.run = fail
    assert main(["test-me"]) == 2
    assert capsys.readouterr().err == "astro-nav test-me: home.yaml: resolution is 0 m, must be above 0\n"


def test_other_errors_are_not_hidden(command):
    command.run = lambda args: 1 // 0
    with pytest.raises(ZeroDivisionError):
        main(["test-me"])


def test_interruption_has_its_exit_code(command):
    def interrupt(args):
        raise KeyboardInterrupt

    command.run = interrupt
    assert main(["test-me"]) == 130


def test_help_imports_nothing_slow():
    code = f"import sys; from astro_nav.cli.main import main; main(['--help']); print([m for m in {SLOW_IMPORTS} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_has_read_enough_sees_no_traceback():
    process = subprocess.Popen(
        [sys.executable, "-m", "astro_nav.cli.main", "--help"], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (main_module.OUTPUT_CLOSED, "")
