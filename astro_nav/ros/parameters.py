"""ROS parameters of a node, declared by one walk over its parameter class."""

from __future__ import annotations

import math
import sys
import threading
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from astro_nav.errors import ParameterError
from astro_nav.params.files import find_share_folder, read_parameter_file, read_shipped_values
from astro_nav.params.schema import ParameterSpec, build_params, describe_unknown, flatten_params, list_parameters
from astro_nav.ros.overrides import list_names_given_to_node

Params = TypeVar("Params")

# Parameters that rclpy itself declares in every node.
ROS_PARAMETERS = ("use_sim_time", "start_type_description_service")
ROS_PREFIX = "qos_overrides."


def declare_params(node: Node, params_class: type[Params], node_name: str = "", args: Sequence[str] | None = None) -> Params:
    """Declare all parameters of a node and return them checked.

    Values are the shipped configuration, overlaid by parameter files and the command line. Integers are accepted where a
    float is meant. A name that is unknown here but known to another of our nodes is ignored when it comes from a wildcard
    section (`/**:`), because such a section speaks to all of them, and an error when it is given to this very node.

    Args:
        node: the node; none of the parameters may be declared yet.
        params_class: the parameter dataclass.
        node_name: name of the shipped configuration file; "" derives it from the class: LocalPlannerParams -> local_planner.
        args: the process's arguments, `sys.argv` when None; they tell which section gave a value.

    Raises:
        ParameterError: with all problems at once.
    """
    node_name = node_name or derive_node_name(params_class)
    specs = {spec.name: spec for spec in list_parameters(params_class)}
    problems: list[str] = []
    values = read_shipped_values(params_class, node_name)
    for name, value in _read_overrides(node).items():
        if name in specs:
            values[name] = _as_plain_value(specs[name], value)
        elif problem := _find_foreign_problem(name, node_name, specs, sys.argv if args is None else args):
            problems.append(problem)
    source = f"the parameters of {node.get_fully_qualified_name()}"
    try:
        params = build_params(params_class, values, source)
    except ParameterError as error:
        raise ParameterError([*problems, *error.problems], source) from None
    if problems:
        raise ParameterError(problems, source)
    checked = flatten_params(params)
    node.declare_parameters(
        "",
        [(name, checked[name], describe_parameter(specs[name])) for name in specs],
        ignore_override=True,  # the overrides are in the values already, as the declared types
    )
    return params


def derive_node_name(params_class: type) -> str:
    """Return the node's name for its parameter class: LocalPlannerParams -> local_planner."""
    words = params_class.__name__.removesuffix("Params")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in words).lstrip("_")


def describe_parameter(spec: ParameterSpec) -> ParameterDescriptor:
    """Translate the meaning of a parameter into ROS's descriptor."""
    descriptor = ParameterDescriptor(name=spec.name, read_only=not spec.live)
    # An empty list has no ROS type of its own, so lists may change it; our own check knows the right one.
    descriptor.dynamic_typing = is_list(spec)
    descriptor.description = f"{spec.doc} [{spec.unit}]" if spec.unit else spec.doc
    constraints = []
    if spec.choices:
        constraints.append(f"one of {', '.join(spec.choices)}")
    if math.isfinite(spec.minimum) or math.isfinite(spec.maximum):
        if spec.type is float:
            # A range in ROS has two ends; the largest double stands for "no bound".
            low, high = max(spec.minimum, -sys.float_info.max), min(spec.maximum, sys.float_info.max)
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high, step=0.0)]
        elif spec.type is int:
            low, high = max(spec.minimum, -(2**63)), min(spec.maximum, 2**63 - 1)
            descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=0)]
        else:
            constraints.append(f"every element in [{spec.minimum:g}, {spec.maximum:g}] {spec.unit}".rstrip())
    descriptor.additional_constraints = "; ".join(constraints)
    return descriptor


class ParamsWatcher(Generic[Params]):
    """Live changes: each one builds and checks a whole new object, which the node swaps in between two cycles.

    Create it after `declare_params`. A change that breaks a rule, also one between parameters, is refused with the
    sentence that says why; the node never sees it.
    """

    def __init__(self, node: Node, params: Params) -> None:
        self._specs = {spec.name: spec for spec in list_parameters(type(params))}
        self._current = params
        self._checked: Params = params
        self._new: Params | None = None
        self._lock = threading.Lock()
        node.add_pre_set_parameters_callback(self._coerce)
        node.add_on_set_parameters_callback(self._check)
        node.add_post_set_parameters_callback(self._accept)

    @property
    def current(self) -> Params:
        """The newest accepted parameters."""
        return self._current

    def take_change(self) -> Params | None:
        """Return the new parameters once after they changed, else None. Cheap: call it every cycle."""
        if self._new is None:
            return None
        with self._lock:
            new, self._new = self._new, None
        return new

    def _coerce(self, parameters: list[Parameter]) -> list[Parameter]:
        coerced = []
        for change in parameters:
            spec = self._specs.get(change.name)
            if spec is not None:
                value = _as_plain_value(spec, change.value)
                if spec.find_problem(value) is None:
                    change = Parameter(change.name, value=spec.coerce(value))
            coerced.append(change)
        return coerced

    def _check(self, parameters: list[Parameter]) -> SetParametersResult:
        changes = {
            change.name: _as_plain_value(self._specs[change.name], change.value)
            for change in parameters
            if change.name in self._specs
        }
        if not changes:
            return SetParametersResult(successful=True)
        try:
            values: Mapping[str, Any] = {**flatten_params(self._current), **changes}
            self._checked = build_params(type(self._current), values, "the change")
        except ParameterError as error:
            return SetParametersResult(successful=False, reason="; ".join(error.problems))
        return SetParametersResult(successful=True)

    def _accept(self, parameters: list[Parameter]) -> None:
        if any(change.name in self._specs for change in parameters):
            with self._lock:
                self._current = self._new = self._checked


def _read_overrides(node: Node) -> dict[str, Any]:
    """Return every value that files and the command line give to the node, the misspelt ones too; not rclpy's own.

    The option `automatically_declare_parameters_from_overrides` would show them as well, but ends with an exception for
    an empty list; so they are read where rclpy itself reads them.
    """
    with node.handle:
        overrides = node.handle.get_parameters(Parameter)
    return {
        name: override.value
        for name, override in overrides.items()
        if name not in ROS_PARAMETERS and not name.startswith(ROS_PREFIX)
    }


def _find_foreign_problem(
    name: str, node_name: str, specs: Mapping[str, ParameterSpec], args: Sequence[str]
) -> str | None:
    owners = [other for other, names in _read_known_names().items() if name in names and other != node_name]
    if not owners:
        return describe_unknown(name, specs)
    if name in list_names_given_to_node(args):
        return f"{name} is a parameter of {' and '.join(owners)}, not of {node_name}: move it to that section"
    return None


def _read_known_names() -> dict[str, set[str]]:
    files = sorted((find_share_folder() / "config").glob("*.yaml"))
    return {path.stem: set(read_parameter_file(path, path.stem)) for path in files}


def _as_plain_value(spec: ParameterSpec, value: Any) -> Any:
    """Turn what ROS hands out for lists (array.array, None or a list of bytes when empty) into a list."""
    if not is_list(spec):
        return value
    if value is None:
        return []
    return value if isinstance(value, str) or not isinstance(value, Iterable) else list(value)


def is_list(spec: ParameterSpec) -> bool:
    """Whether a parameter holds a list."""
    return typing.get_origin(spec.type) is list
