"""What is visible at one place of a launch file: its variables, environment, namespace and remappings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from astro_nav.launching.errors import LaunchError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Scope:
    """The state that tags read and change from top to bottom; a group works on a copy of it.

    An include works on the includer's own scope, as in ROS 2: variables of the includer are visible inside, and
    what the included file sets stays set afterwards.

    Attributes:
        variables: arguments and `let`.
        environment: of the processes started from here on.
        namespace: absolute, or None while nothing was pushed.
        remappings: (from, to) pairs for every node from here on.
    """

    variables: dict[str, str]
    environment: dict[str, str]
    namespace: str | None = None
    remappings: list[tuple[str, str]] = field(default_factory=list)

    def copy(self) -> Scope:
        """Return a scope whose changes do not come back."""
        return replace(
            self,
            variables=dict(self.variables),
            environment=dict(self.environment),
            remappings=list(self.remappings),
        )


def join_namespace(base: str | None, namespace: str | None) -> str | None:
    """Put a namespace below another one and make it absolute.

    Args:
        base: absolute, or None.
        namespace: relative, or absolute and then taken alone; empty changes nothing.

    Returns:
        The absolute namespace without a trailing slash, "/" for the root; None when both are None.

    Raises:
        LaunchError: when the result is no ROS namespace.
    """
    if base is None and namespace is None:
        return None
    if namespace is None or (namespace and namespace.startswith("/")) or not base or base == "/":
        joined = base if namespace is None else namespace
    else:
        joined = f"{base}/{namespace}"
    absolute = "/" + (joined or "").strip("/")
    words = absolute[1:].split("/") if absolute != "/" else []
    for word in words:
        if not NAME.fullmatch(word):
            raise LaunchError(
                f"{absolute!r} is no ROS namespace: every part between slashes must be letters, digits and underscores, "
                "and not begin with a digit"
            )
    return absolute


def check_node_name(name: str) -> None:
    """Refuse what is no ROS node name.

    Raises:
        LaunchError: it says what is allowed.
    """
    if not NAME.fullmatch(name):
        raise LaunchError(f"{name!r} is no ROS node name: letters, digits and underscores only, and no digit first")
