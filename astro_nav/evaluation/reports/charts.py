"""Charts as inline SVG: no script, no file beside the page, colours from the page's style in light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from astro_nav.types import FloatArray

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 320, 132, 8, 24, 8
MAX_BINS, MIN_BINS = 24, 6


def draw_histogram(title: str, unit: str, groups: Mapping[str, FloatArray], marks: Mapping[str, float] = {}) -> str:
    """Distributions of one figure, one over the other.

    Args:
        title: for people who cannot see the chart.
        unit: of the figure.
        groups: CSS class -> (N,) values; the first is drawn first, below.
        marks: CSS class -> value where a line is drawn, e.g. the mean.
    """
    values = np.concatenate([np.asarray(group, dtype=np.float64) for group in groups.values()])
    edges = choose_edges(values)
    counts = {name: np.histogram(group, edges)[0] for name, group in groups.items()}
    highest = max(int(count.max()) for count in counts.values()) or 1
    span_x, span_y = WIDTH - 2 * LEFT, HEIGHT - TOP - BOTTOM

    def place_x(value: float) -> float:
        return LEFT + span_x * (value - edges[0]) / (edges[-1] - edges[0])

    parts = []
    for name, count in counts.items():
        bars = []
        for number, amount in enumerate(count):
            if amount:
                x, height = place_x(edges[number]), span_y * amount / highest
                width = max(place_x(edges[number + 1]) - x - 1.0, 1.0)
                bars.append(f"M{x:.1f} {HEIGHT - BOTTOM}v{-height:.1f}h{width:.1f}v{height:.1f}z")
        parts.append(f'<path class="bar {name}" d="{"".join(bars)}"/>')
    for name, value in marks.items():
        if edges[0] <= value <= edges[-1]:
            x = place_x(value)
            parts.append(f'<line class="mark {name}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{HEIGHT - BOTTOM}"/>')
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - LEFT}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>')
    parts += _draw_ticks(edges, place_x)
    words = "; ".join(f"{len(group)} values from {np.min(group):.3g} to {np.max(group):.3g} {unit}" for group in groups.values() if len(group))
    return _wrap(WIDTH, HEIGHT, f"Distribution of {title}: {words}", "".join(parts))


def draw_outcome_bar(counts: Mapping[str, int]) -> str:
    """One bar in which every outcome has its share; names are CSS classes."""
    total, begin, parts = sum(counts.values()) or 1, 0.0, []
    for name, count in counts.items():
        if count:
            width = 1000.0 * count / total
            parts.append(f'<rect class="outcome {name}" x="{begin:.1f}" y="0" width="{max(width - 2.0, 1.0):.1f}" height="22"/>')
            begin += width
    words = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f'<svg class="outcomes" viewBox="0 0 1000 22" preserveAspectRatio="none" role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'


def draw_interval(low: float, high: float, middle: float, reach: float, tint: str) -> str:
    """An interval on an axis from -reach to reach with zero in the middle; `tint` is a CSS class."""
    width, height = 180, 18
    clip = lambda value: 0.5 * width * (1.0 + min(max(value / reach, -1.0), 1.0)) if reach > 0.0 else 0.5 * width  # noqa: E731
    x0, x1, x = clip(low), clip(high), clip(middle)
    body = (
        f'<line class="zero" x1="{width / 2}" x2="{width / 2}" y1="0" y2="{height}"/>'
        f'<line class="interval {tint}" x1="{x0:.1f}" x2="{max(x1, x0 + 1):.1f}" y1="9" y2="9"/><circle class="dot {tint}" cx="{x:.1f}" cy="9" r="4"/>'
    )
    return f'<svg class="forest" viewBox="0 0 {width} {height}" aria-hidden="true">{body}</svg>'


def draw_reliability(points: Sequence[Mapping[str, float]]) -> str:
    """How often people were where the prediction said, against how often it promised; the diagonal is honest.

    Args:
        points: each with `expected` and `observed` shares, 0..1.
    """
    size, edge = 220, 30
    span = size - 2 * edge

    def place(point: Mapping[str, float]) -> tuple[float, float]:
        return edge + span * float(point["expected"]), size - edge - span * float(point["observed"])

    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, points))
    parts = [
        f'<line class="axis" x1="{edge}" y1="{size - edge}" x2="{size - edge}" y2="{size - edge}"/>',
        f'<line class="axis" x1="{edge}" y1="{size - edge}" x2="{edge}" y2="{edge}"/>',
        f'<line class="zero" x1="{edge}" y1="{size - edge}" x2="{size - edge}" y2="{edge}"/>',
        f'<polyline class="curve" points="{way}"/>',
        *(f'<circle class="dot a" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in map(place, points)),
        f'<text x="{size / 2}" y="{size - 8}" text-anchor="middle">promised</text>',
        f'<text x="12" y="{size / 2}" text-anchor="middle" transform="rotate(-90 12 {size / 2})">observed</text>',
    ]
    words = "; ".join(f"promised {point['expected']:.2f}, observed {point['observed']:.2f}" for point in points)
    return _wrap(size, size, f"Reliability of predictions: {words}", "".join(parts))


def choose_edges(values: FloatArray) -> FloatArray:
    """Edges of bins at round numbers that hold all values; whole numbers get a bin each as long as they are few."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        half = 0.5 if low == 0.0 else abs(0.5 * low)
        return np.linspace(low - half, high + half, MIN_BINS + 2)  # an odd number of bins: the value is in the middle one
    if (values == np.round(values)).all() and high - low < MAX_BINS:
        return np.arange(low - 0.5, high + 1.0)
    spread = float(np.subtract(*np.percentile(values, [75, 25])))
    width = 2.0 * spread / len(values) ** (1 / 3) if spread > 0.0 else (high - low) / MIN_BINS  # Freedman and Diaconis, 1981
    bins = int(np.clip(np.ceil((high - low) / width), MIN_BINS, MAX_BINS))
    return np.linspace(low, high, bins + 1)


def _draw_ticks(edges: FloatArray, place_x) -> list[str]:
    """Three round numbers below the axis."""
    low, high = float(edges[0]), float(edges[-1])
    step = 10.0 ** np.floor(np.log10((high - low) / 2.0))
    step *= next(factor for factor in (5.0, 2.0, 1.0) if (high - low) / (factor * step) >= 2.0)
    ticks = np.arange(np.ceil(low / step), np.floor(high / step) + 0.5) * step
    texts = []
    for tick in ticks[:: max(1, -(-len(ticks) // 6))]:
        x = place_x(float(tick))
        anchor = "start" if x < 20 else "end" if x > WIDTH - 20 else "middle"
        texts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{float(tick) + 0.0:g}</text>')
    return texts


def _wrap(width: int, height: int, words: str, body: str) -> str:
    return f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(words)}">{body}</svg>'
