"""Carrying out substitutions: `$(var map)` becomes the value of the argument map.

Names and meaning are those of ROS 2 Jazzy's launch and launch_ros; what is not here is refused by name.
"""

from __future__ import annotations

import math
import os
import random
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from astro_nav.launching.errors import LaunchError, SourceLine, suggest_name
from astro_nav.launching.expressions import evaluate_expression
from astro_nav.launching.packages import find_executable, find_package_prefix, find_package_share
from astro_nav.launching.scope import Scope
from astro_nav.launching.templates import Call, Template, parse_template

COMMAND_TIMEOUT_S = 60.0
TRUE_WORDS = {"1"} | {variant for word in ("true", "yes", "on") for variant in (word, word.capitalize(), word.upper())}
FALSE_WORDS = {"0"} | {variant for word in ("false", "no", "off") for variant in (word, word.capitalize(), word.upper())}


def expand_text(text: str, scope: Scope, source: SourceLine) -> str:
    """Carry out all substitutions in the text of an attribute.

    Raises:
        LaunchError: naming file and line.
    """
    return expand_template(parse_template(text, source), scope, source)


def expand_template(template: Template, scope: Scope, source: SourceLine) -> str:
    """Carry out the substitutions of a parsed template; see `expand_text`."""
    return "".join(part if isinstance(part, str) else _expand_call(part, scope, source) for part in template.parts)


def parse_condition(text: str, source: SourceLine) -> bool:
    """Read what `if`, `unless` and boolean attributes take: true, 1, false or 0, in any case.

    Raises:
        LaunchError: for anything else, the empty text included.
    """
    word = text.strip().lower()
    if word not in ("true", "1", "false", "0"):
        raise LaunchError(f"{text!r} is no condition: it must be true or false (or 1 or 0)", source)
    return word in ("true", "1")


def parse_boolean(text: str, source: SourceLine) -> bool:
    """Read a boolean attribute or argument of a substitution: 1, 0, or any boolean word of YAML 1.1.

    Raises:
        LaunchError: for anything else.
    """
    if text in TRUE_WORDS or text in FALSE_WORDS:
        return text in TRUE_WORDS
    raise LaunchError(f"{text!r} is no boolean: it must be true or false", source)


def _expand_call(call: Call, scope: Scope, source: SourceLine) -> str:
    if call.name not in SUBSTITUTIONS:
        raise LaunchError(f"the substitution $({call.name} ...) is unknown{suggest_name(call.name, SUBSTITUTIONS)}", source)
    function, fewest, most = SUBSTITUTIONS[call.name]
    if not fewest <= len(call.arguments) <= most:
        expected = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise LaunchError(f"$({call.name} ...) takes {expected} arguments and has {len(call.arguments)}", source)
    if call.name in ("equals", "not-equals") and not all(argument.parts for argument in call.arguments):
        raise LaunchError(
            f"$({call.name} ...) cannot compare with an empty text (for ros2 launch nothing equals it): "
            r"write $(eval '\'$(var x)\' == \'\'')",
            source,
        )
    arguments = [expand_template(argument, scope, source) for argument in call.arguments]
    try:
        return function(arguments, scope, source)
    except LaunchError as error:
        raise error if error.source else LaunchError(error.sentence, source) from error


def _get_variable(arguments: list[str], scope: Scope, source: SourceLine) -> str:
    name = arguments[0]
    if name in scope.variables:
        return scope.variables[name]
    if len(arguments) > 1:
        return arguments[1]
    raise LaunchError(f"$(var {name}) is not set here{suggest_name(name, scope.variables)}", source)


def _get_environment(arguments: list[str], scope: Scope, source: SourceLine) -> str:
    value = scope.environment.get(arguments[0], arguments[1] if len(arguments) > 1 else None)
    if value is None:
        raise LaunchError(f"the environment variable {arguments[0]} is not set, and $(env ...) gives no default", source)
    return value


def _make_anonymous_name(arguments: list[str], scope: Scope, _source: SourceLine) -> str:
    """One random name for each argument, the same for every use of it."""
    key = "anon" + arguments[0]
    if key not in scope.variables:
        host = socket.gethostname()
        name = f"{arguments[0]}_{host}_{os.getpid()}_{random.SystemRandom().randint(0, sys.maxsize)}"
        scope.variables[key] = name.replace(".", "_").replace("-", "_").replace(":", "_")
    return scope.variables[key]


def _run_command(arguments: list[str], scope: Scope, source: SourceLine) -> str:
    command = shlex.split(arguments[0])
    on_stderr = arguments[1] if len(arguments) > 1 else "fail"
    if on_stderr not in ("fail", "ignore", "warn", "capture"):
        raise LaunchError(f"$(command ...) knows fail, ignore, warn and capture for its error output, not {on_stderr!r}", source)
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if on_stderr == "capture" else subprocess.PIPE,
            text=True,
            env=scope.environment,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except (OSError, IndexError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"$(command {arguments[0]!r}) cannot be run: {error}", source) from error
    complaint = (result.stderr or "").strip()
    if result.returncode != 0:
        raise LaunchError(f"$(command {arguments[0]!r}) failed with exit code {result.returncode}: {complaint}", source)
    if complaint and on_stderr == "fail":
        raise LaunchError(f"$(command {arguments[0]!r}) wrote to its error output: {complaint}", source)
    if complaint and on_stderr == "warn":
        print(f"{source}: {arguments[0]}: {complaint}", file=sys.stderr)
    return result.stdout


def _read_file(arguments: list[str], _scope: Scope, source: SourceLine) -> str:
    try:
        return Path(arguments[0]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise LaunchError(f"the file {arguments[0]!r} cannot be read: {getattr(error, 'strerror', None) or error}", source) from error


def _find_on_path(arguments: list[str], scope: Scope, source: SourceLine) -> str:
    found = shutil.which(arguments[0], path=scope.environment.get("PATH"))
    if found is None:
        raise LaunchError(f"the executable {arguments[0]!r} is not on the PATH", source)
    return found


def _are_equal(arguments: list[str]) -> bool:
    """Compare as booleans, numbers or text, in this order."""
    left, right = arguments
    words = {"true": True, "1": True, "false": False, "0": False}
    if left.lower() in words and right.lower() in words:
        return words[left.lower()] is words[right.lower()]
    try:
        return math.isclose(float(left), float(right))
    except ValueError:
        return left == right


def _to_word(value: bool) -> str:
    return "true" if value else "false"


Substitute = Callable[[list[str], Scope, SourceLine], str]

SUBSTITUTIONS: dict[str, tuple[Substitute, int, int]] = {
    "var": (_get_variable, 1, 2),
    "env": (_get_environment, 1, 2),
    "find-pkg-share": (lambda arguments, scope, _: str(find_package_share(arguments[0], scope.environment)), 1, 1),
    "find-pkg-prefix": (lambda arguments, scope, _: str(find_package_prefix(arguments[0], scope.environment)), 1, 1),
    "exec-in-pkg": (lambda arguments, scope, _: str(find_executable(arguments[1], arguments[0], scope.environment)), 2, 2),
    "find-exec": (_find_on_path, 1, 1),
    "dirname": (lambda _arguments, _scope, source: str(source.file.parent), 0, 0),
    "filename": (lambda _arguments, _scope, source: str(source.file), 0, 0),
    "anon": (_make_anonymous_name, 1, 1),
    "command": (_run_command, 1, 2),
    "file-content": (_read_file, 1, 1),
    "eval": (lambda arguments, _scope, _source: evaluate_expression(arguments[0]), 1, 1),
    "equals": (lambda arguments, _scope, _source: _to_word(_are_equal(arguments)), 2, 2),
    "not-equals": (lambda arguments, _scope, _source: _to_word(not _are_equal(arguments)), 2, 2),
    "not": (lambda arguments, _, source: _to_word(not parse_boolean(arguments[0], source)), 1, 1),
    "and": (lambda arguments, _, source: _to_word(all([parse_boolean(word, source) for word in arguments])), 2, 2),
    "or": (lambda arguments, _, source: _to_word(any([parse_boolean(word, source) for word in arguments])), 2, 2),
    "if": (
        lambda arguments, _, source: arguments[1] if parse_boolean(arguments[0], source) else "".join(arguments[2:]),
        2,
        3,
    ),
}
