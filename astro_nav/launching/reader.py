"""Reading a launch file from top to bottom, includes too, into a plan of processes.

Order, scoping and defaults are those of ROS 2 Jazzy's `ros2 launch`; where it only warns (a parameter file that is not there) or says
nothing (an argument that no file declares), this reader stops, because a robot with the wrong parameters should not start.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from astro_nav.launching.arguments import list_arguments, require_declared
from astro_nav.launching.errors import LaunchError
from astro_nav.launching.plan import LaunchPlan
from astro_nav.launching.processes import plan_executable, plan_node
from astro_nav.launching.scope import Scope, join_namespace
from astro_nav.launching.substitutions import expand_text, parse_boolean, parse_condition
from astro_nav.launching.vocabulary import check_element
from astro_nav.launching.xml_source import Element, read_xml

DEEPEST_INCLUDE = 30


def read_launch_file(path: Path, arguments: Mapping[str, str], environment: Mapping[str, str]) -> LaunchPlan:
    """Work out what a launch file starts, without starting it.

    Args:
        path: the file.
        arguments: values of its arguments; every one must be declared in it or in a file that it includes.
        environment: of the processes; AMENT_PREFIX_PATH in it says where packages are.

    Raises:
        LaunchError: with file and line.
    """
    require_declared(arguments, list_arguments(path, arguments, environment))
    reader = _LaunchReader()
    reader.read_file(path.absolute(), Scope(dict(arguments), dict(environment)), depth=0)
    return reader.plan


class _LaunchReader:
    def __init__(self) -> None:
        self.plan = LaunchPlan()

    def read_file(self, path: Path, scope: Scope, depth: int) -> None:
        root = read_xml(path)
        check_element(root)
        self._read_children(root, scope, depth)

    def _read_children(self, element: Element, scope: Scope, depth: int) -> None:
        for child in element.children:
            if _is_wanted(child, scope):
                try:
                    self._read_action(child, scope, depth)
                except LaunchError as error:
                    raise error if error.source else LaunchError(error.sentence, child.source) from error

    def _read_action(self, element: Element, scope: Scope, depth: int) -> None:
        tag = element.tag
        if tag == "node":
            plan_node(element, scope, self.plan)
        elif tag == "executable":
            plan_executable(element, scope, self.plan)
        elif tag == "group":
            scoped = parse_boolean(_expand(element, "scoped", scope, "true"), element.source)
            self._read_children(element, scope.copy() if scoped else scope, depth)
        elif tag == "include":
            self._read_include(element, scope, depth)
        elif tag == "arg":
            _declare_argument(element, scope)
        else:
            self._change_scope(element, scope)

    def _read_include(self, element: Element, scope: Scope, depth: int) -> None:
        path = Path(expand_text(element.get_attribute("file"), scope, element.source)).absolute()
        if not path.is_file():
            raise LaunchError(f"the included file {path} does not exist", element.source)
        if depth >= DEEPEST_INCLUDE:
            raise LaunchError(f"more than {DEEPEST_INCLUDE} files include one another: is there a circle?", element.source)
        for child in element.children:
            name = expand_text(child.get_attribute("name"), scope, child.source)
            scope.variables[name] = expand_text(child.get_attribute("value"), scope, child.source)
        self.read_file(path, scope, depth + 1)

    def _change_scope(self, element: Element, scope: Scope) -> None:
        tag = element.tag
        name = _expand(element, "name", scope)
        value = _expand(element, "value", scope)
        if tag == "let":
            scope.variables[name] = value
        elif tag in ("push_ros_namespace", "push-ros-namespace"):
            scope.namespace = join_namespace(scope.namespace, _expand(element, "namespace", scope))
        elif tag == "set_remap":
            scope.remappings.append((_expand(element, "from", scope), _expand(element, "to", scope)))
        elif tag == "set_env":
            scope.environment[name] = value
        elif tag == "unset_env":
            scope.environment.pop(name, None)
        elif tag == "append_env":
            prepend = parse_boolean(_expand(element, "prepend", scope, "false"), element.source)
            words = [scope.environment[name], value] if name in scope.environment else [value]
            scope.environment[name] = _expand(element, "separator", scope, ":").join(words[::-1] if prepend else words)
        elif tag == "log":
            self.plan.messages.append(_expand(element, "message", scope))


def _declare_argument(element: Element, scope: Scope) -> None:
    name = element.get_attribute("name")
    if name not in scope.variables:
        if "default" not in element.attributes:
            description = element.attributes.get("description", "no description")
            raise LaunchError(f"the argument {name} ({description}) has no default: give {name}:=...", element.source)
        scope.variables[name] = _expand(element, "default", scope)
    choices = [choice.get_attribute("value") for choice in element.children]
    if choices and scope.variables[name] not in choices:
        raise LaunchError(f"{name}:={scope.variables[name]} must be one of {', '.join(choices)}", element.source)


def _is_wanted(element: Element, scope: Scope) -> bool:
    if "if" in element.attributes:
        return parse_condition(_expand(element, "if", scope), element.source)
    if "unless" in element.attributes:
        return not parse_condition(_expand(element, "unless", scope), element.source)
    return True


def _expand(element: Element, name: str, scope: Scope, default: str = "") -> str:
    return expand_text(element.attributes.get(name, default), scope, element.source)
