"""Parameters as frozen dataclasses: declared once, checked together.

A parameter is a dataclass field made by `parameter(...)`; it has a type, a unit, a range and a sentence, but no value:
values come from YAML. Groups are fields whose type is another such dataclass; names join with dots, as in ROS.

    @dataclass(frozen=True)
    class ScreenParams:
        max_speed_radps: float = parameter("fastest pan", unit="rad/s", minimum=0.0)

Rules across fields are a method `find_conflicts(self) -> list[str]`.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from astro_nav.errors import ParameterError

SCALAR_TYPES = (bool, int, float, str)
LIST_TYPES = (list[float], list[str], list[int])

Params = TypeVar("Params")


@dataclass(frozen=True)
class ParameterSpec:
    """The meaning of one parameter.

    Attributes:
        name: full dotted name.
        type: bool, int, float, str, list[float], list[int] or list[str].
        doc: one sentence, without a full stop.
        unit: "" for a pure number.
        minimum, maximum: inclusive bounds of the number, or of every element of a list.
        choices: the words allowed, for strings.
        live: whether it may change while the node runs.
    """

    name: str
    type: Any
    doc: str
    unit: str
    minimum: float
    maximum: float
    choices: tuple[str, ...]
    live: bool

    def find_problem(self, value: Any) -> str | None:
        """Return a sentence when `value` does not fit, else None."""
        unit = f" {self.unit}" if self.unit else ""
        element_type = typing.get_args(self.type)[0] if self.type in LIST_TYPES else None
        if element_type is not None:
            if not isinstance(value, (list, tuple)):
                return f"{self.name} = {value!r} must be a list of {element_type.__name__}: {self.doc}"
            elements = list(value)
        else:
            element_type, elements = self.type, [value]
        for element in elements:
            if type(element) is not element_type and not (element_type is float and type(element) is int):
                return f"{self.name} = {element!r} must be of type {element_type.__name__}: {self.doc}"
            if element_type in (int, float):
                if not math.isfinite(element):
                    return f"{self.name} = {element} must be finite{unit and ' [' + self.unit + ']'}: {self.doc}"
                if not self.minimum <= element <= self.maximum:
                    return (
                        f"{self.name} = {element:g}{unit} is outside [{self.minimum:g}, {self.maximum:g}]{unit}: {self.doc}"
                    )
            if self.choices and element not in self.choices:
                return f"{self.name} = {element!r} must be one of {', '.join(self.choices)}: {self.doc}"
        return None

    def coerce(self, value: Any) -> Any:
        """Turn integers into floats where a float is meant; lists into lists of the right type."""
        if self.type is float:
            return float(value)
        if self.type == list[float]:
            return [float(element) for element in value]
        if self.type in LIST_TYPES:
            return list(value)
        return value


def parameter(
    doc: str,
    *,
    unit: str = "",
    minimum: float = -math.inf,
    maximum: float = math.inf,
    choices: tuple[str, ...] = (),
    live: bool = False,
) -> Any:
    """Declare one parameter of a dataclass; see `ParameterSpec` for the arguments."""
    return dataclasses.field(
        metadata={
            "doc": doc,
            "unit": unit,
            "minimum": minimum,
            "maximum": maximum,
            "choices": choices,
            "live": live,
        }
    )


def list_parameters(params_class: type, prefix: str = "") -> Iterator[ParameterSpec]:
    """Walk a parameter class and yield the meaning of every parameter in order of declaration."""
    hints = typing.get_type_hints(params_class)
    for item in dataclasses.fields(params_class):
        hint, name = hints[item.name], prefix + item.name
        if dataclasses.is_dataclass(hint):
            yield from list_parameters(hint, name + ".")
        elif hint in SCALAR_TYPES or hint in LIST_TYPES:
            yield ParameterSpec(name=name, type=hint, **item.metadata)
        else:
            raise TypeError(f"{params_class.__name__}.{item.name} has the unsupported parameter type {hint}")


def build_params(params_class: type[Params], values: Mapping[str, Any], source: str) -> Params:
    """Check flat values and build the parameter object.

    Args:
        params_class: the frozen dataclass to build.
        values: dotted name -> value; must hold every parameter and nothing else.
        source: named in the error.

    Raises:
        ParameterError: with all problems at once: unknown names (with "did you mean"), missing ones, wrong types,
            values out of range, and conflicts between parameters.
    """
    specs = {spec.name: spec for spec in list_parameters(params_class)}
    problems = [describe_unknown(name, specs) for name in values if name not in specs]
    problems += [f"{spec.name} is missing: {spec.doc}" for spec in specs.values() if spec.name not in values]
    for name, value in values.items():
        problem = specs[name].find_problem(value) if name in specs else None
        if problem:
            problems.append(problem)
    if problems:
        raise ParameterError(problems, source)
    coerced = {name: specs[name].coerce(value) for name, value in values.items()}
    params, conflicts = _assemble(params_class, coerced, "")
    if conflicts:
        raise ParameterError(conflicts, source)
    return params


def flatten_params(params: Any, prefix: str = "") -> dict[str, Any]:
    """Return dotted name -> value of a parameter object, the inverse of `build_params`."""
    flat: dict[str, Any] = {}
    for item in dataclasses.fields(params):
        value = getattr(params, item.name)
        if dataclasses.is_dataclass(value):
            flat.update(flatten_params(value, f"{prefix}{item.name}."))
        else:
            flat[prefix + item.name] = value
    return flat


def replace_params(params: Params, changes: Mapping[str, Any], source: str) -> Params:
    """Return a checked copy with some dotted parameters changed; raises as `build_params` does."""
    return build_params(type(params), {**flatten_params(params), **changes}, source)


def describe_unknown(name: str, known: Any) -> str:
    """One sentence for an unknown name, with the nearest known ones."""
    close = difflib.get_close_matches(name, list(known), n=2, cutoff=0.6)
    tail = name.rsplit(".", 1)[-1]
    if not close:
        close = [other for other in known if other.rsplit(".", 1)[-1] == tail][:2]
    hint = f", did you mean {' or '.join(close)}?" if close else ", no known parameter is like it"
    return f"{name} is unknown{hint}"


def _assemble(params_class: type, values: Mapping[str, Any], prefix: str) -> tuple[Any, list[str]]:
    hints = typing.get_type_hints(params_class)
    arguments, conflicts = {}, []
    for item in dataclasses.fields(params_class):
        if dataclasses.is_dataclass(hints[item.name]):
            arguments[item.name], inner = _assemble(hints[item.name], values, f"{prefix}{item.name}.")
            conflicts += inner
        else:
            arguments[item.name] = values[prefix + item.name]
    params = params_class(**arguments)
    if hasattr(params, "find_conflicts"):
        conflicts += [f"{prefix}{conflict}" for conflict in params.find_conflicts()]
    return params, conflicts
