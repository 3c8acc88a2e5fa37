"""Arguments of launch files: reading `name:=value`, and listing what a file and its includes declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from astro_nav.launching.errors import LaunchError, SourceLine, suggest_name
from astro_nav.launching.scope import Scope
from astro_nav.launching.substitutions import expand_text
from astro_nav.launching.vocabulary import check_element
from astro_nav.launching.xml_source import OTHER_FRONT_ENDS, Element, read_xml

# Variables that change how processes are stopped; ros2 launch takes them without a declaration, too.
RUNNER_ARGUMENTS = ("sigterm_timeout", "sigkill_timeout")


@dataclass(frozen=True)
class DeclaredArgument:
    """One `<arg>`: its name, its default as written (None: it must be given), its meaning, and where it stands."""

    name: str
    default: str | None
    description: str
    choices: tuple[str, ...]
    source: SourceLine


def parse_assignments(words: Iterable[str]) -> dict[str, str]:
    """Read the words `name:=value` of a command line; the last one of a name wins.

    Raises:
        LaunchError: for a word of another form. An empty value is refused, as ros2 launch does: leave the argument out.
    """
    values: dict[str, str] = {}
    for word in words:
        name, separator, value = word.partition(":=")
        if not name or not separator or not value:
            remedy = f"leave {name} out to get its default" if name and separator else "write name:=value, without spaces"
            raise LaunchError(f"{word!r} is no argument of a launch file: {remedy}")
        values[name] = value
    return values


def list_arguments(path: Path, given: Mapping[str, str], environment: Mapping[str, str]) -> list[DeclaredArgument]:
    """Return the arguments that a launch file declares, and those of the files that it includes, whatever their conditions.

    An argument that an including file has set before is not listed again. An include whose file depends on what is only known
    later is passed over.

    Raises:
        LaunchError: for a file that cannot be read, or has unknown tags or attributes.
    """
    found: dict[str, DeclaredArgument] = {}
    _collect_file(path.absolute(), Scope(dict(given), dict(environment)), found, [])
    return list(found.values())


def require_declared(given: Mapping[str, str], declared: Iterable[DeclaredArgument]) -> None:
    """Refuse arguments that no file declares.

    Raises:
        LaunchError: with the nearest names.
    """
    names = {argument.name for argument in declared}
    for name in given:
        if name not in names and name not in RUNNER_ARGUMENTS:
            raise LaunchError(f"the launch file has no argument {name!r}{suggest_name(name, names)}")


def _collect_file(path: Path, scope: Scope, found: dict[str, DeclaredArgument], parents: list[Path]) -> None:
    if path in parents:
        return  # a circle, which reading for real reports with its line
    root = read_xml(path)
    check_element(root)
    _collect_children(root, scope, found, [*parents, path])


def _collect_children(element: Element, scope: Scope, found: dict[str, DeclaredArgument], parents: list[Path]) -> None:
    for child in element.children:
        if child.tag == "arg":
            _collect_argument(child, scope, found)
        elif child.tag == "let":
            _set_if_known(child.get_attribute("name"), child.get_attribute("value"), child, scope)
        elif child.tag == "group":
            _collect_children(child, scope.copy(), found, parents)
        elif child.tag == "include":
            _collect_include(child, scope.copy(), found, parents)


def _collect_argument(element: Element, scope: Scope, found: dict[str, DeclaredArgument]) -> None:
    name, default = element.get_attribute("name"), element.attributes.get("default")
    found.setdefault(
        name,
        DeclaredArgument(
            name,
            default,
            element.attributes.get("description", ""),
            tuple(choice.get_attribute("value") for choice in element.children),
            element.source,
        ),
    )
    if default is not None and name not in scope.variables:
        _set_if_known(name, default, element, scope)


def _collect_include(element: Element, scope: Scope, found: dict[str, DeclaredArgument], parents: list[Path]) -> None:
    try:
        path = Path(expand_text(element.get_attribute("file"), scope, element.source)).absolute()
    except LaunchError:
        return  # its name is known only while reading for real, which then reports what is wrong
    if not path.is_file() or path.suffix in OTHER_FRONT_ENDS:
        return
    fixed = [child.get_attribute("name") for child in element.children]
    for child in element.children:
        _set_if_known(child.get_attribute("name"), child.get_attribute("value"), child, scope)
    inner: dict[str, DeclaredArgument] = {}
    _collect_file(path, scope, inner, parents)
    for name, argument in inner.items():
        if name not in fixed:
            found.setdefault(name, argument)


def _set_if_known(name: str, text: str, element: Element, scope: Scope) -> None:
    """Listing runs no commands and reads no files: only what follows from names and packages is followed."""
    if "$(command" in text or "$(file-content" in text:
        return
    try:
        scope.variables[name] = expand_text(text, scope, element.source)
    except LaunchError:
        scope.variables.pop(name, None)  # reading for real reports it
