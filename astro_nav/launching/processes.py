"""`<node>` and `<executable>` tags as processes to start."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from astro_nav.launching.errors import LaunchError
from astro_nav.launching.packages import find_executable
from astro_nav.launching.parameter_values import read_inline_parameters
from astro_nav.launching.plan import InlineParameters, LaunchPlan, PlannedProcess, make_placeholder
from astro_nav.launching.process_spec import SIGKILL_AFTER_S, SIGTERM_AFTER_S, ProcessSpec, RespawnPolicy
from astro_nav.launching.scope import Scope, check_node_name, join_namespace
from astro_nav.launching.substitutions import expand_template, expand_text, parse_boolean
from astro_nav.launching.templates import Template, parse_template
from astro_nav.launching.xml_source import Element

OUTPUTS = ("screen", "log", "both", "own_log", "full")


def plan_node(element: Element, scope: Scope, plan: LaunchPlan) -> None:
    """Add the process of a `<node>` to the plan.

    Raises:
        LaunchError: when package, executable or a parameter file is not there, or a name or value does not fit.
    """
    package = expand_text(element.get_attribute("pkg"), scope, element.source)
    executable = expand_text(element.get_attribute("exec"), scope, element.source)
    command = [str(find_executable(package, executable, scope.environment))]
    command += _split_arguments(element, "args", scope)
    if "ros_args" in element.attributes:
        command += ["--ros-args", *_split_arguments(element, "ros_args", scope)]
    command.append("--ros-args")

    name = _expand_optional(element, "name", scope)
    if name is not None:
        check_node_name(name)
        command += ["-r", f"__node:={name}"]
    namespace = join_namespace(scope.namespace, _expand_optional(element, "namespace", scope))
    if namespace is not None:
        command += ["-r", f"__ns:={namespace}"]
    section = f"{(namespace or '').rstrip('/')}/{name}" if name is not None and namespace is not None else "/**"
    inline: dict[str, InlineParameters] = {}
    for parameters in _read_parameters(element, scope, section):
        if isinstance(parameters, InlineParameters):
            placeholder = make_placeholder(len(inline) + 1)
            inline[placeholder] = parameters
            command += ["--params-file", placeholder]
        else:
            command += ["--params-file", parameters]
    remappings = scope.remappings + [
        (expand_text(child.get_attribute("from"), scope, child.source), expand_text(child.get_attribute("to"), scope, child.source))
        for child in element.children
        if child.tag == "remap"
    ]
    for old, new in remappings:
        command += ["-r", f"{old}:={new}"]
    label = _expand_optional(element, "exec_name", scope) or name or executable
    plan.processes.append(PlannedProcess(_build_spec(element, scope, plan, label, command), inline))


def plan_executable(element: Element, scope: Scope, plan: LaunchPlan) -> None:
    """Add the process of an `<executable>` to the plan."""
    command = _split_arguments(element, "cmd", scope)
    if not command or not command[0]:
        raise LaunchError('<executable> needs a command in cmd="..."', element.source)
    label = _expand_optional(element, "name", scope) or os.path.basename(command[0])
    if parse_boolean(_expand_optional(element, "shell", scope) or "false", element.source):
        command = ["/bin/sh", "-c", " ".join(command)]
    plan.processes.append(PlannedProcess(_build_spec(element, scope, plan, label, command), {}))


def _build_spec(element: Element, scope: Scope, plan: LaunchPlan, label: str, command: list[str]) -> ProcessSpec:
    output = _expand_optional(element, "output", scope) or "screen"
    if output not in OUTPUTS:
        raise LaunchError(f"output={output!r} must be one of {', '.join(OUTPUTS)}", element.source)
    on_exit = element.attributes.get("on_exit")
    if on_exit not in (None, "shutdown"):
        raise LaunchError(f"on_exit={on_exit!r} is unknown: there is only shutdown", element.source)
    prefix = expand_text(element.attributes.get("launch-prefix", ""), scope, element.source)
    environment = dict(scope.environment)
    for child in element.children:
        if child.tag == "env":
            name = expand_text(child.get_attribute("name"), scope, child.source)
            environment[name] = expand_text(child.get_attribute("value"), scope, child.source)
    folder = _expand_optional(element, "cwd", scope)
    return ProcessSpec(
        name=_make_unique(label, [process.spec.name for process in plan.processes]),
        command=(*shlex.split(prefix), *command),
        environment=environment,
        working_folder=Path(folder) if folder else None,
        required=on_exit == "shutdown",
        respawn=_read_respawn(element, scope),
        sigterm_after_s=_read_seconds(element, "sigterm_timeout", scope, SIGTERM_AFTER_S),
        sigkill_after_s=_read_seconds(element, "sigkill_timeout", scope, SIGKILL_AFTER_S),
    )


def _read_parameters(element: Element, scope: Scope, section: str) -> list[str | InlineParameters]:
    """Parameter files and inline parameters in their order; later ones win, neighbours are joined."""
    parameters: list[str | InlineParameters] = []
    for child in element.children:
        if child.tag != "param":
            continue
        if ("from" in child.attributes) == ("name" in child.attributes):
            raise LaunchError("<param> needs either from (a parameter file) or name", child.source)
        if "from" in child.attributes:
            file = expand_text(child.attributes["from"], scope, child.source)
            if not Path(file).is_file():
                raise LaunchError(f"the parameter file {file!r} does not exist", child.source)
            parameters.append(file)
            continue
        values = read_inline_parameters(child, scope)
        before = parameters[-1] if parameters else None
        if isinstance(before, InlineParameters):
            parameters[-1] = InlineParameters(section, {**before.values, **values})
        else:
            parameters.append(InlineParameters(section, values))
    return parameters


def _read_respawn(element: Element, scope: Scope) -> RespawnPolicy | None:
    if not parse_boolean(_expand_optional(element, "respawn", scope) or "false", element.source):
        return None
    times = element.attributes.get("respawn_max_retries", "-1")
    try:
        return RespawnPolicy(_read_seconds(element, "respawn_delay", scope, 0.0), int(times))
    except ValueError:
        raise LaunchError(f"respawn_max_retries={times!r} must be a whole number", element.source) from None


def _read_seconds(element: Element, name: str, scope: Scope, default: float) -> float:
    """A duration from the attribute, else from the variable of the same name (`sigterm_timeout:=2`), else the default."""
    text = _expand_optional(element, name, scope) or scope.variables.get(name) or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < float("inf"):
        raise LaunchError(f"{name}={text!r} must be a number of seconds, 0 or more", element.source)
    return seconds


def _split_arguments(element: Element, attribute: str, scope: Scope) -> list[str]:
    """Split a command line into words before substituting, so that a value with spaces stays one word.

    Source: `ExecuteProcess._parse_cmdline` of ros2/launch 3.4, whose results this reproduces, but for the empty word that
    it makes of leading blanks before a substitution.
    """
    words: list[list[str]] = []
    word: list[str] = []
    for part in parse_template(element.attributes.get(attribute, ""), element.source).parts:
        if not isinstance(part, str):
            word.append(expand_template(Template((part,)), scope, element.source))
            continue
        try:
            tokens = shlex.split(part)
        except ValueError as error:
            raise LaunchError(f"{attribute}={element.attributes[attribute]!r}: {error}", element.source) from error
        if word and (not tokens or part[0].isspace()):
            words.append(word)
            word = []
        for token in tokens[:-1]:
            words.append([*word, token])
            word = []
        word += tokens[-1:]
        if tokens and part[-1].isspace():
            words.append(word)
            word = []
    if word:
        words.append(word)
    return ["".join(pieces) for pieces in words]


def _make_unique(label: str, taken: list[str]) -> str:
    name, number = label, 1
    while name in taken:
        number += 1
        name = f"{label}-{number}"
    return name


def _expand_optional(element: Element, name: str, scope: Scope) -> str | None:
    return expand_text(element.attributes[name], scope, element.source) if name in element.attributes else None
