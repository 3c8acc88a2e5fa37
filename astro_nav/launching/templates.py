"""Text with substitutions, as launch files write it: `$(find-pkg-share astro_nav)/maps/$(var map).yaml`.

The grammar is that of the XML front end of ROS 2 Jazzy (`launch/frontend/grammar.lark` of ros2/launch 3.4): arguments are
separated by single spaces, may be quoted with ' or ", may nest, and a backslash takes the meaning from the next character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from astro_nav.launching.errors import LaunchError, SourceLine

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Call:
    """One substitution: its name and its arguments, each of them a template."""

    name: str
    arguments: tuple[Template, ...]


@dataclass(frozen=True)
class Template:
    """Literal text and substitutions in order; the literal text has its escapes already resolved."""

    parts: tuple[str | Call, ...]

    @property
    def is_literal(self) -> bool:
        """Whether there is nothing to substitute."""
        return all(isinstance(part, str) for part in self.parts)


def parse_template(text: str, source: SourceLine | None = None) -> Template:
    """Parse the value of an attribute.

    Args:
        text: e.g. `$(var map)`.
        source: the line it stands on, for the error.

    Raises:
        LaunchError: for a substitution that is not closed or not well-formed.
    """
    return _TemplateParser(text, source).parse_all()


class _TemplateParser:
    """Recursive descent over one attribute."""

    def __init__(self, text: str, source: SourceLine | None) -> None:
        self.text = text
        self.source = source
        self.position = 0

    def parse_all(self) -> Template:
        return self._parse_fragments(closing_quote="")

    def _parse_fragments(self, closing_quote: str) -> Template:
        """Free text with substitutions, to the end or to an unescaped closing quote."""
        parts: list[str | Call] = []
        literal: list[str] = []
        while self.position < len(self.text):
            if closing_quote and self._current() == closing_quote and not self._is_escaped():
                break
            if self._at_substitution():
                _flush(literal, parts)
                parts.append(self._parse_substitution(closing_quote))
            else:
                literal.append(self._take())
        else:
            if closing_quote:
                raise self._fail(f"a {closing_quote} is not closed")
        _flush(literal, parts)
        return Template(tuple(parts))

    def _parse_substitution(self, quote: str) -> Call:
        start = self.position
        self.position += len("$(")
        name = IDENTIFIER.match(self.text, self.position)
        if name is None:
            raise self._fail("a substitution must begin with its name", start)
        self.position = name.end()
        arguments: list[Template] = []
        while self.position < len(self.text):
            if self._current() == ")":
                self.position += 1
                return Call(name.group(), tuple(arguments))
            if self._current() != " ":
                raise self._fail(f"{self._current()!r} cannot follow here; quote the argument with ' or escape it with \\", start)
            self.position += 1
            arguments.append(self._parse_argument(quote, start))
        raise self._fail("a substitution is not closed with )", start)

    def _parse_argument(self, quote: str, start: int) -> Template:
        """One argument: quoted as a whole, or everything up to the next space or parenthesis."""
        if not quote and self.position < len(self.text) and self._current() in "'\"":
            opening = self._take()
            template = self._parse_fragments(closing_quote=opening)
            self.position += 1
            return template
        parts: list[str | Call] = []
        literal: list[str] = []
        while self.position < len(self.text):
            if self._at_substitution():
                _flush(literal, parts)
                parts.append(self._parse_substitution(quote))
                continue
            if self._current() == " " or (self._current() in "()" + (quote or "'\"") and not self._is_escaped()):
                break
            literal.append(self._take())
        _flush(literal, parts)
        if not parts:
            raise self._fail("an argument is empty; arguments are separated by one space", start)
        return Template(tuple(parts))

    def _current(self) -> str:
        return self.text[self.position]

    def _take(self) -> str:
        self.position += 1
        return self.text[self.position - 1]

    def _is_escaped(self) -> bool:
        return self.position > 0 and self.text[self.position - 1] == "\\"

    def _at_substitution(self) -> bool:
        return self.text.startswith("$(", self.position) and not self._is_escaped()

    def _fail(self, reason: str, start: int | None = None) -> LaunchError:
        return LaunchError(f"{reason}, in {self.text[start or 0:]!r}", self.source)


def _flush(literal: list[str], parts: list[str | Call]) -> None:
    if literal:
        parts.append(unescape("".join(literal)))
        literal.clear()


def unescape(text: str) -> str:
    r"""Replace `\x` by `x`, as launch does once for every piece of literal text."""
    return ESCAPED.sub(r"\1", text)

