"""`astro-nav`: finds the sub-command, reads its arguments, runs it."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from astro_nav import cli
from astro_nav.errors import AstroNavError
from astro_nav.launching.errors import suggest_name

PROGRAM = "astro-nav"
# As argparse: a command line that cannot be understood, or input that cannot be used.
BAD_INPUT = 2
INTERRUPTED = 130
OUTPUT_CLOSED = 141  # as a shell reports a program that wrote into a pipe which nobody reads


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the words after the program's name; None for those of the process.

    Returns:
        The exit code: 0 success, 1 what was started has failed, 2 bad input, 130 interrupted, 141 nobody reads the output.
    """
    try:
        try:
            return _run_command_line(argv)
        finally:
            sys.stdout.flush()  # here, where it can still be told what to do about it
    except BrokenPipeError:
        # The interpreter would flush again at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OUTPUT_CLOSED


def _run_command_line(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    names = list_command_names()
    if not words or words[0] in ("-h", "--help", "help"):
        print(describe_commands(names))
        return 0 if words else BAD_INPUT
    name = words[0]
    if name not in names:
        print(f"{PROGRAM}: there is no command {name!r}{suggest_name(name, names)}", file=sys.stderr)
        return BAD_INPUT
    try:
        command = import_command(name)
        return int(command.run(_parse_arguments(command, words[1:])))
    except AstroNavError as error:
        print(f"{PROGRAM} {name}: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED


def list_command_names() -> list[str]:
    """Return the names of all sub-commands without importing them."""
    modules = [module.name for module in pkgutil.iter_modules(cli.__path__)]
    return sorted(name.replace("_", "-") for name in modules if name != "main" and not name.startswith("_"))


def import_command(name: str) -> ModuleType:
    """Import the module of one sub-command."""
    return importlib.import_module(f"{cli.__name__}.{name.replace('-', '_')}")


def describe_commands(names: Sequence[str]) -> str:
    """Return the text of `astro-nav --help`; a command that cannot be imported does not take the others with it."""
    lines = [f"usage: {PROGRAM} COMMAND ...", "", "Astro Nav, a navigation stack for home robots on ROS 2.", "", "commands:"]
    width = max((len(name) for name in names), default=0)
    for name in names:
        try:
            text = import_command(name).HELP
        except ImportError as error:
            text = f"cannot be used here: {error}"
        lines.append(f"  {name:<{width}}  {text}")
    return "\n".join([*lines, "", f"{PROGRAM} COMMAND --help explains a command."])


def _parse_arguments(command: ModuleType, words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {command.NAME}",
        description=command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    try:
        # Options may stand anywhere among the positional arguments.
        return parser.parse_intermixed_args(words)
    except TypeError:
        return parser.parse_args(words)  # a command with sub-commands of its own cannot be parsed the other way


if __name__ == "__main__":
    sys.exit(main())
