"""What holds for every page: it is well-formed, needs nothing else, and can be used without eyes or mouse."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "input", "link", "hr", "rect", "line", "circle", "path", "polyline"}


class PageParser(HTMLParser):
    """Checks that every element is closed by its own name, and collects elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.films: list[dict] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "script" and data.startswith("{"):
            self.films.append(json.loads(data))


def check_page(text: str) -> PageParser:
    """Parse a page and assert what holds for every one."""
    assert text.startswith("<!DOCTYPE html>")
    parser = PageParser()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    elements = parser.elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in elements:
        for name in ("src", "href", "action", "data"):
            target = attributes.get(name) or "#"
            assert target.startswith(("#", "data:")), f"<{tag} {name}={target[:60]}> is outside of the page"
            if target.startswith("#") and len(target) > 1:
                assert target[1:] in ids
        if tag == "img":
            assert attributes["alt"]
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or (attributes["role"] == "img" and attributes["aria-label"])
        if tag == "th":
            assert attributes["scope"] in ("row", "col")
    assert not re.search(r"https?://|@import|url\(", text)
    tags = [tag for tag, _ in elements]
    assert tags.count("h1") == 1 and tags.count("main") == 1 and tags.count("table") == tags.count("caption")
    assert ("html", {"lang": "en"}) in elements
    return parser
