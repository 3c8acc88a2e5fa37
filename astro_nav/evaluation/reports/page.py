"""The frame of every page: one file that needs nothing else, readable in light and dark, by eye, keyboard and screen reader."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from astro_nav.errors import EvaluationError

PACKAGE = "astro_nav.evaluation.reports"


def make_page(title: str, header: str, sections: Sequence[tuple[str, str, str]], scripts: Sequence[str] = ("page.js",)) -> str:
    """A whole page.

    Args:
        title: of the browser's window.
        header: HTML of the head of the page, the h1 in it.
        sections: id, title, HTML of each.
        scripts: files of this package that the page runs.
    """
    links = "".join(f'<li><a href="#{name}">{escape(words)}</a></li>' for name, words, _ in sections)
    body = "".join(
        f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{escape(words)}</h2>{content}</section>\n'
        for name, words, content in sections
    )
    code = "\n".join(read_asset(script) for script in scripts)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{read_asset('page.css')}</style></head>\n<body><a class=\"skip\" href=\"#content\">to the content</a>\n"
        f'<header>{header}<nav aria-label="Sections"><ul>{links}</ul></nav></header>\n<main id="content">\n{body}</main>\n'
        f"<footer>Made by Astro Nav. What every figure means exactly: docs/metrics.md.</footer>\n<script>{code}</script></body></html>\n"
    )


def make_table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[tuple[str, Any]]], words: Sequence[int] = (), is_sortable: bool = True
) -> str:
    """A table in a box of its own that scrolls.

    Args:
        caption: what it shows.
        heads: of the columns; the first column names its row.
        rows: cells as (HTML, value to sort by).
        words: columns of sentences, set flush left.
        is_sortable: whether a click on a head sorts.
    """
    kinds = [' class="words"' if column in words or column == 0 else "" for column in range(len(heads))]
    head = "".join(
        f'<th scope="col"{kind}>{f"<button type=button>{escape(text)}</button>" if is_sortable else escape(text)}</th>'
        for kind, text in zip(kinds, heads, strict=True)
    ).replace("type=button", 'type="button"')
    body = []
    for row in rows:
        cells = []
        for column, (html, value) in enumerate(row):
            key = f' data-value="{escape("" if value is None else str(value))}"' if is_sortable else ""
            cells.append(f'<th scope="row"{key}>{html}</th>' if column == 0 else f"<td{kinds[column]}{key}>{html}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    kind = ' class="sortable"' if is_sortable else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table{kind}><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def make_facts(facts: Mapping[str, Any]) -> str:
    """Names and values one under the other."""
    rows = "".join(f"<dt>{escape(str(name))}</dt><dd>{escape(_write_value(value))}</dd>" for name, value in facts.items())
    return f'<dl class="facts">{rows}</dl>'


def make_command(command: str) -> str:
    """A command with a button that copies it."""
    return (
        f'<div class="command"><code tabindex="0">{escape(command)}</code>'
        '<button type="button" class="copy" aria-label="copy the command">copy</button></div>'
    )


def embed_picture(picture: np.ndarray, words: str) -> str:
    """A picture (H, W, 3) uint8 within the page."""
    buffer = io.BytesIO()
    # A palette halves the size and is not to be seen: the picture is lines and plain areas.
    Image.fromarray(picture).quantize(255, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    height, width = picture.shape[:2]
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{escape(words)}" width="{width}" height="{height}" src="data:image/png;base64,{data}">'


def embed_json(content: Any, kind: str) -> str:
    """Data that a script of the page reads; nothing in it can end the script element."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json" class="{kind}">{text}</script>'


def write_page(path: Path, text: str) -> Path:
    """Write a page whole or not at all.

    Raises:
        EvaluationError: when it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        try:
            part.write_text(text, encoding="utf-8")
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise EvaluationError(f"{path} cannot be written: {error.strerror or error}") from error
    return path


def read_asset(name: str) -> str:
    """A style or script of this package."""
    return resources.files(PACKAGE).joinpath(name).read_text(encoding="utf-8")


def _write_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_write_value(item)}" for name, item in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return "; ".join(_write_value(item) for item in value) or "none"
    return str(value) if str(value) else "none"
