"""Values of `<param>` tags: which type a text becomes.

The rules are those of ROS 2 Jazzy (`launch.utilities.type_utils`, `launch_ros.actions.Node`): YAML decides unless the tag has a
type; a literal is decided when the file is read, a text with substitutions once they are carried out.
"""

from __future__ import annotations

from typing import Any

from astro_nav.launching.errors import LaunchError, SourceLine, suggest_name
from astro_nav.launching.scope import Scope
from astro_nav.launching.substitutions import FALSE_WORDS, TRUE_WORDS, expand_template, expand_text
from astro_nav.launching.templates import parse_template
from astro_nav.launching.xml_source import Element

SCALAR_TYPES: dict[str, type] = {"str": str, "bool": bool, "float": float, "int": int}
LIST_TYPES: dict[str, type] = {f"list_of_{name}": element_type for name, element_type in SCALAR_TYPES.items()}
TYPE_NAMES = ("yaml", *SCALAR_TYPES, *LIST_TYPES)


def read_inline_parameters(element: Element, scope: Scope) -> dict[str, Any]:
    """Return dotted name -> value of a `<param name=...>` tag with a value or with nested tags.

    Raises:
        LaunchError: for a value that does not fit its type, or neither or both of value and nested tags.
    """
    values: dict[str, Any] = {}
    _collect(element, scope, "", values)
    return values


def _collect(element: Element, scope: Scope, prefix: str, values: dict[str, Any]) -> None:
    name = prefix + expand_text(element.get_attribute("name"), scope, element.source)
    has_value = "value" in element.attributes
    if has_value == bool(element.children):
        raise LaunchError(f"<param name={name!r}> needs either a value or nested <param> tags", element.source)
    type_name = element.attributes.get("type")
    if type_name is not None and type_name not in TYPE_NAMES:
        raise LaunchError(f"the type {type_name!r} is unknown{suggest_name(type_name, TYPE_NAMES)}", element.source)
    if not has_value:
        if type_name is not None:
            raise LaunchError(f"<param name={name!r}> with nested tags cannot have a type", element.source)
        for child in element.children:
            _collect(child, scope, f"{name}.", values)
        return
    try:
        value = _read_value(element.attributes["value"], type_name or "yaml", scope, element.source)
    except ValueError as error:
        raise LaunchError(f"parameter {name}: {error}", element.source) from error
    if isinstance(value, list) and (not value or len({type(item) for item in value}) != 1):
        raise LaunchError(f"parameter {name}: a list must not be empty, and its elements must have one type", element.source)
    values[name] = value


def _read_value(text: str, type_name: str, scope: Scope, source: SourceLine) -> Any:
    """Decide literals first, then substitute, then decide what was substituted."""
    try:
        literal = convert_text(text, type_name)
    except ValueError:
        if parse_template(text, source).is_literal:
            raise
        literal = text  # a substitution stands where the number or the boolean will be
    if isinstance(literal, list):
        element_type = type_name.removeprefix("list_of_") if type_name in LIST_TYPES else "yaml"
        return [_substitute(item, element_type, scope, source) for item in literal]
    return _substitute(literal, type_name, scope, source)


def _substitute(literal: Any, type_name: str, scope: Scope, source: SourceLine) -> Any:
    if not isinstance(literal, str):
        return literal
    template = parse_template(literal, source)
    expanded = expand_template(template, scope, source)
    return expanded if template.is_literal else convert_text(expanded, type_name)


def convert_text(text: str, type_name: str) -> Any:
    """Convert a text to the named type, by YAML's rules for "yaml".

    Raises:
        ValueError: with a sentence, when it does not fit.
    """
    if type_name == "str":
        return text
    if type_name == "bool":
        if text not in TRUE_WORDS and text not in FALSE_WORDS:
            raise ValueError(f"{text!r} is not a bool: it must be true or false")
        return text in TRUE_WORDS
    if type_name in ("int", "float"):
        try:
            return SCALAR_TYPES[type_name](text)
        except ValueError:
            raise ValueError(f"{text!r} is not of type {type_name}") from None
    if not text and type_name == "yaml":
        return text
    value = _load_yaml(text)
    if type_name in LIST_TYPES:
        fits = isinstance(value, list) and all(type(item) in (LIST_TYPES[type_name], str) for item in value)
        if not fits:
            raise ValueError(f"{text!r} is not a {type_name.replace('_', ' ')}")
    return value


def _load_yaml(text: str) -> Any:
    # Imported here: astro-nav --help must not pay for it.
    import yaml

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{text!r} is not a YAML value; for a text, say type=\"str\" ({error})") from error
    items = value if isinstance(value, list) else [value]
    if not all(type(item) in (bool, int, float, str) for item in items):
        raise ValueError(f"{text!r} is neither a bool, a number, a text, nor a list of these; for a text, say type=\"str\"")
    return value
