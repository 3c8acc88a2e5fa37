"""XML launch files as a tree whose elements know their line, so that every error can name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from astro_nav.launching.errors import LaunchError, SourceLine

OTHER_FRONT_ENDS = (".py", ".yaml", ".yml")


@dataclass
class Element:
    """One tag of a launch file with its attributes, as written, and its children in order."""

    tag: str
    attributes: dict[str, str]
    source: SourceLine
    children: list[Element] = field(default_factory=list)

    def get_attribute(self, name: str) -> str:
        """Return a required attribute, unexpanded.

        Raises:
            LaunchError: when it is absent.
        """
        if name not in self.attributes:
            raise LaunchError(f'<{self.tag}> needs the attribute {name}="..."', self.source)
        return self.attributes[name]


def read_xml(path: Path) -> Element:
    """Read a launch file.

    Raises:
        LaunchError: when it cannot be read, is not well-formed, or its root is not `<launch>`.
    """
    if path.suffix in OTHER_FRONT_ENDS:
        raise LaunchError(f"{path} is not an XML launch file: only ros2 launch reads other ones")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LaunchError(f"launch file {path} cannot be read: {error.strerror}") from error
    builder = _TreeBuilder(path)
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise LaunchError(f"not well-formed XML: {expat.ErrorString(error.code)}", SourceLine(path, error.lineno)) from error
    root = builder.root
    if root is None or root.tag != "launch":
        raise LaunchError("the outermost tag of a launch file must be <launch>", SourceLine(path, root.source.line if root else 1))
    return root


class _TreeBuilder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.root: Element | None = None
        self.open_elements: list[Element] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, SourceLine(self.path, self.parser.CurrentLineNumber))
        if self.open_elements:
            self.open_elements[-1].children.append(element)
        else:
            self.root = element
        self.open_elements.append(element)

    def _close(self, _tag: str) -> None:
        self.open_elements.pop()
