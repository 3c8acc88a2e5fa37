"""Scans cut into segments: runs of neighbouring rays that end on the same surface."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.jit import kernel

SEEN_FREE, UNDECIDED, FURNITURE = -1, 0, 1


class Segments(NamedTuple):
    """Features of up to S segments, one row each; the caller allocates, `segment_scan` fills.

    Attributes:
        counts: (S,) int64, number of rays.
        centroids: (S, 2) float64, mean of the points [m].
        directions: (S, 2) float64, unit vector from the lidar to the centroid.
        ranges: (S,) float64, distance of the centroid from the lidar [m].
        widths: (S,) float64, extent across the line of sight [m].
        depths: (S,) float64, extent along the line of sight [m].
        spacings: (S,) float64, distance between neighbouring rays at the centroid [m].
        seen_free_shares, furniture_shares: (S,) float64, share of the points of that class.
        hidden_edges: (S,) int64, 0 to 2: ends at which something nearer hides how far the surface goes on.
    """

    counts: np.ndarray
    centroids: np.ndarray
    directions: np.ndarray
    ranges: np.ndarray
    widths: np.ndarray
    depths: np.ndarray
    spacings: np.ndarray
    seen_free_shares: np.ndarray
    furniture_shares: np.ndarray
    hidden_edges: np.ndarray


def allocate_segments(capacity: int) -> Segments:
    """Room for `capacity` segments."""
    return Segments(
        np.zeros(capacity, np.int64), np.zeros((capacity, 2)), np.zeros((capacity, 2)), np.zeros(capacity),
        np.zeros(capacity), np.zeros(capacity), np.zeros(capacity), np.zeros(capacity), np.zeros(capacity),
        np.zeros(capacity, np.int64),
    )  # fmt: skip


@kernel
def _belong_together(points, origins, ranges, classes, a, b, gap, slant):
    """Whether the ends of rays a and b lie on one surface."""
    if classes[a] * classes[b] < 0:
        return False  # one end in space known to be free, one on known furniture: a leg before a wall
    step_x, step_y = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
    ray_x, ray_y = points[a, 0] - origins[a, 0], points[a, 1] - origins[a, 1]
    other_x, other_y = points[b, 0] - origins[b, 0], points[b, 1] - origins[b, 1]
    sine = abs(ray_x * other_y - ray_y * other_x) / (ranges[a] * ranges[b])
    limit = gap + slant * sine * min(ranges[a], ranges[b])
    return step_x * step_x + step_y * step_y <= limit * limit


@kernel
def _find_runs(points, origins, ranges, usable, classes, gap, slant, max_missing, labels):
    """Label rays by segment, also across the seam between the last ray and the first; returns the number of segments."""
    count, previous, first = 0, -1, -1
    size = points.shape[0]
    for i in range(size):
        labels[i] = -1
        if not usable[i]:
            continue
        if previous < 0 or i - previous - 1 > max_missing or not _belong_together(
            points, origins, ranges, classes, previous, i, gap, slant
        ):
            count += 1
        labels[i] = count - 1
        previous = i
        if first < 0:
            first = i
    if count > 1 and first + size - previous - 1 <= max_missing and _belong_together(
        points, origins, ranges, classes, previous, first, gap, slant
    ):
        last = labels[previous]
        i = previous
        while i >= 0 and (labels[i] == last or labels[i] == -1):
            if labels[i] == last:
                labels[i] = 0
            i -= 1
        count -= 1
    return count


@kernel
def _is_hidden(ranges, usable, inner, outer, gap):
    """Whether the ray beyond a segment's end stops on something nearer."""
    return usable[outer] and ranges[outer] < ranges[inner] - gap


@kernel
def segment_scan(points, origins, ranges, usable, classes, gap, slant, max_missing, labels, segments):
    """Cut a scan into segments and measure them.

    Neighbouring ends belong together when they are at most `gap + slant * spacing` apart, the spacing being that of the
    two rays at this range, unless one lies in space that was seen free and the other on known furniture.

    Args:
        points: (N, 2) float64 ray ends [m].
        origins: (N, 2) float64 ray origins, same frame [m].
        ranges: (N,) float64 lengths of the rays [m], > 0 where usable.
        usable: (N,) bool, True for rays that end at something worth segmenting.
        classes: (N,) int8, SEEN_FREE, UNDECIDED or FURNITURE.
        gap, slant: see above [m, -].
        max_missing: rays without an echo that a segment bridges.
        labels: (N,) int32, written: segment of each ray, -1 for none.
        segments: written; room for N segments.

    Returns:
        The number of segments. They are in the order of their first ray; one across the seam comes first.

    Source: jump-distance segmentation, K. O. Arras, O. Martinez Mozos, W. Burgard, "Using boosted features for the
    detection of people in 2D range data", ICRA 2007; the class rule is ours.
    """
    size = points.shape[0]
    count = _find_runs(points, origins, ranges, usable, classes, gap, slant, max_missing, labels)
    for s in range(count):
        segments.counts[s] = 0
        segments.hidden_edges[s] = 0
        segments.seen_free_shares[s] = 0.0
        segments.furniture_shares[s] = 0.0
        for axis in range(2):
            segments.centroids[s, axis] = 0.0
            segments.directions[s, axis] = 0.0
    for i in range(size):
        s = labels[i]
        if s < 0:
            continue
        segments.counts[s] += 1
        for axis in range(2):
            segments.centroids[s, axis] += points[i, axis]
            segments.directions[s, axis] += (points[i, axis] - origins[i, axis]) / ranges[i]
        if classes[i] < 0:
            segments.seen_free_shares[s] += 1.0
        elif classes[i] > 0:
            segments.furniture_shares[s] += 1.0
        before, after = (i - 1) % size, (i + 1) % size
        if labels[before] != s and _is_hidden(ranges, usable, i, before, gap):
            segments.hidden_edges[s] += 1
        if labels[after] != s and _is_hidden(ranges, usable, i, after, gap):
            segments.hidden_edges[s] += 1
    low = np.full((count, 2), np.inf)
    high = np.full((count, 2), -np.inf)
    for s in range(count):
        number = segments.counts[s]
        length = math.hypot(segments.directions[s, 0], segments.directions[s, 1])
        for axis in range(2):
            segments.centroids[s, axis] /= number
            segments.directions[s, axis] /= length
        segments.seen_free_shares[s] /= number
        segments.furniture_shares[s] /= number
        segments.ranges[s] = 0.0
        segments.spacings[s] = 0.0
    _measure_extents(points, origins, ranges, labels, segments, low, high)
    for s in range(count):
        segments.depths[s] = high[s, 0] - low[s, 0]
        segments.widths[s] = high[s, 1] - low[s, 1]
    return count


@kernel
def _measure_extents(points, origins, ranges, labels, segments, low, high):
    """Bounds of every segment along and across its line of sight, its range and the spacing of its rays."""
    size = points.shape[0]
    for i in range(size):
        s = labels[i]
        if s < 0:
            continue
        direction_x, direction_y = segments.directions[s, 0], segments.directions[s, 1]
        x, y = points[i, 0] - segments.centroids[s, 0], points[i, 1] - segments.centroids[s, 1]
        along, across = x * direction_x + y * direction_y, direction_x * y - direction_y * x
        low[s, 0], high[s, 0] = min(low[s, 0], along), max(high[s, 0], along)
        low[s, 1], high[s, 1] = min(low[s, 1], across), max(high[s, 1], across)
        number = segments.counts[s]
        segments.ranges[s] += ranges[i] / number
        # The neighbouring ray in the scan's order gives the spacing, whether or not it came back.
        after = (i + 1) % size if ranges[(i + 1) % size] > 0.0 else (i - 1) % size
        if ranges[after] > 0.0:
            ray_x, ray_y = (points[i, 0] - origins[i, 0]) / ranges[i], (points[i, 1] - origins[i, 1]) / ranges[i]
            other_x = (points[after, 0] - origins[after, 0]) / ranges[after]
            other_y = (points[after, 1] - origins[after, 1]) / ranges[after]
            sine = min(abs(ray_x * other_y - ray_y * other_x), 0.2)
            segments.spacings[s] += ranges[i] * sine / number


@kernel
def measure_inner_steps(points, origins, ranges, labels, chosen, steps, widths):
    """Find the largest step in range within each segment: the edge of one leg in front of the other.

    Args:
        points, origins: (N, 2) float64 ray ends and origins [m].
        ranges: (N,) float64 [m].
        labels: (N,) int32 from `segment_scan`.
        chosen: (L,) int64 labels of the segments that are looked at.
        steps: (L,) float64, written: the step [m], 0 for segments of fewer than four rays. Two rays at least are on both
            sides of it, so that the edge of a round body is none.
        widths: (L,) float64, written: extent across the line of sight, with one spacing of the rays, of the nearer part [m].
    """
    size = points.shape[0]
    rays = np.empty(size, dtype=np.int64)
    for c in range(chosen.shape[0]):
        steps[c] = widths[c] = 0.0
        # A segment may lie across the seam between the last ray and the first: it begins after its longest gap.
        begin, longest, previous = 0, 0, -1
        for i in range(2 * size):
            if labels[i % size] == chosen[c]:
                if previous >= 0 and i - previous > longest:
                    begin, longest = i % size, i - previous
                previous = i
        count = 0
        for i in range(size):
            ray = (begin + i) % size
            if labels[ray] == chosen[c]:
                rays[count] = ray
                count += 1
        best = 0
        for k in range(2, count - 1):
            step = abs(ranges[rays[k]] - ranges[rays[k - 1]])
            if step > steps[c]:
                steps[c], best = step, k
        if best == 0:
            continue
        first, last = (0, best - 1) if ranges[rays[best - 1]] < ranges[rays[best]] else (best, count - 1)
        a, b = rays[first], rays[last]
        ax, ay = (points[a, 0] - origins[a, 0]) / ranges[a], (points[a, 1] - origins[a, 1]) / ranges[a]
        bx, by = (points[b, 0] - origins[b, 0]) / ranges[b], (points[b, 1] - origins[b, 1]) / ranges[b]
        angle = abs(math.atan2(ax * by - ay * bx, ax * bx + ay * by))
        number = last - first
        widths[c] = angle * (number + 1) / number * 0.5 * (ranges[a] + ranges[b])
