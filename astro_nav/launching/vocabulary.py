"""Which tags and attributes the reader knows, and where they may stand."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.launching.errors import LaunchError, suggest_name
from astro_nav.launching.xml_source import Element


@dataclass(frozen=True)
class TagRule:
    """What a tag may carry: required and optional attributes, and nested tags."""

    required: frozenset[str]
    optional: frozenset[str]
    children: frozenset[str]


def _rule(required: str = "", optional: str = "", children: str = "") -> TagRule:
    return TagRule(frozenset(required.split()), frozenset(optional.split()), frozenset(children.split()))


ACTIONS = (
    "arg let include group node executable push_ros_namespace push-ros-namespace set_remap set_env unset_env append_env log"
)
PROCESS_ATTRIBUTES = (
    "output on_exit respawn respawn_delay respawn_max_retries cwd shell emulate_tty launch-prefix "
    "sigterm_timeout sigkill_timeout if unless"
)

RULES: dict[str, TagRule] = {
    "launch": _rule(optional="version", children=ACTIONS),
    "arg": _rule("name", "default description if unless", "choice"),
    "choice": _rule("value"),
    "let": _rule("name value", "if unless"),
    "include": _rule("file", "if unless", "arg"),
    "group": _rule("", "scoped if unless", ACTIONS),
    "node": _rule("pkg exec", f"name namespace args ros_args exec_name {PROCESS_ATTRIBUTES}", "param remap env"),
    "executable": _rule("cmd", f"name {PROCESS_ATTRIBUTES}", "env"),
    "param": _rule("", "name value type from", "param"),
    "remap": _rule("from to"),
    "env": _rule("name value"),
    "push_ros_namespace": _rule("namespace", "if unless"),
    "push-ros-namespace": _rule("namespace", "if unless"),
    "set_remap": _rule("from to", "if unless"),
    "set_env": _rule("name value", "if unless"),
    "unset_env": _rule("name", "if unless"),
    "append_env": _rule("name value", "prepend separator if unless"),
    "log": _rule("message", "level if unless"),
}
INCLUDED_ARG = _rule("name value")

# What `ros2 launch` has beyond this reader, so that the error can say so instead of calling it a spelling mistake.
ONLY_IN_ROS2_LAUNCH = frozenset(
    "timer ros_timer shutdown reset reset_env node_container composable_node load_composable_node lifecycle_node "
    "set_parameter set_parameters_from_file set_use_sim_time set_ros_log_dir keep event_handler".split()
)
ATTRIBUTES_ONLY_IN_ROS2_LAUNCH = frozenset("allow_substs forwarding value-sep deprecated node-name".split())


def check_element(element: Element, parent_tag: str | None = None) -> None:
    """Check the tags and attributes of an element and of all below it.

    Raises:
        LaunchError: at the first that is unknown, missing, or in the wrong place, with file and line.
    """
    rule = INCLUDED_ARG if (parent_tag, element.tag) == ("include", "arg") else RULES[element.tag]
    allowed = rule.required | rule.optional
    for name in element.attributes:
        if name in ATTRIBUTES_ONLY_IN_ROS2_LAUNCH:
            raise LaunchError(f"<{element.tag} {name}=...> is read by ros2 launch but not by this runner", element.source)
        if name not in allowed:
            raise LaunchError(f"<{element.tag}> has no attribute {name!r}{suggest_name(name, allowed)}", element.source)
    for name in sorted(rule.required):
        element.get_attribute(name)
    if "if" in element.attributes and "unless" in element.attributes:
        raise LaunchError(f"<{element.tag}> cannot have both if and unless", element.source)
    for child in element.children:
        if child.tag not in rule.children:
            raise LaunchError(_describe_misplaced(child, element, rule), child.source)
        check_element(child, element.tag)


def _describe_misplaced(child: Element, element: Element, rule: TagRule) -> str:
    if child.tag in ONLY_IN_ROS2_LAUNCH:
        return f"<{child.tag}> is read by ros2 launch but not by this runner"
    if child.tag in RULES:
        return f"<{child.tag}> cannot stand in <{element.tag}>"
    return f"the tag <{child.tag}> is unknown{suggest_name(child.tag, rule.children)}"
