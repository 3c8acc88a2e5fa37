"""Segments of a scan that may be a leg, both legs or a body, as measurements of a person's middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astro_nav.kernels.scan_segments import Segments, allocate_segments, measure_inner_steps, segment_scan
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.people import MotionModelParams, SegmentationParams
from astro_nav.types import FloatArray

# A disc's visible half, seen by evenly spaced rays, has its mean this share of the radius in front of the middle.
MEAN_DEPTH_OF_ARC = 0.25 * np.pi


@dataclass(frozen=True)
class Detections:
    """L segments that may be people, nearest first.

    Attributes:
        labels: (N,) int32, segment of every ray of the scan, -1 for none.
        segments: (L,) label of each detection.
        surfaces: (L, 2) mean of the points in odom [m].
        positions: (L, 2) middle of the disc that the points lie on, in odom [m].
        noises: (L, 2, 2) covariance of that middle [m^2].
        widths: (L,) extent across the line of sight, the gaps to the next rays included by half [m].
        spacings: (L,) distance between neighbouring rays there [m].
        inner_steps: (L,) largest step in range within it [m].
        front_widths: (L,) width of its part in front of that step [m].
        single_legs: (L,) True where it is too thin for a body.
        foreground: (L,) True where everything beside it is farther away. Elsewhere something nearer hides an end, so
            that nobody knows whether it is a thing or a part of one; each ray on a wall at a grazing angle is like that.
        seen_free_shares, furniture_shares: (L,) share of the points in space seen free, or on known furniture.
    """

    labels: NDArray[np.int32]
    segments: NDArray[np.int64]
    surfaces: FloatArray
    positions: FloatArray
    noises: FloatArray
    widths: FloatArray
    spacings: FloatArray
    inner_steps: FloatArray
    front_widths: FloatArray
    single_legs: NDArray[np.bool_]
    foreground: NDArray[np.bool_]
    seen_free_shares: FloatArray
    furniture_shares: FloatArray

    def __len__(self) -> int:
        return len(self.segments)

    def measure_share(self, chosen_rays: NDArray[np.bool_]) -> FloatArray:
        """Share (L,) of every detection's points that are among `chosen_rays` (N,)."""
        labelled = self.labels >= 0
        size = int(self.labels.max(initial=-1)) + 1
        all_rays = np.bincount(self.labels[labelled], minlength=size)
        chosen = np.bincount(self.labels[labelled & chosen_rays], minlength=size)
        return chosen[self.segments] / all_rays[self.segments]


    def measure_furniture(self, assigned: NDArray[np.int64]) -> FloatArray:
        """Mean share (M,) of known furniture in the one or two detections (M, 2) of every track; 0 without any."""
        shares = np.append(self.furniture_shares, 0.0)[assigned]
        return shares.sum(axis=1) / np.maximum((assigned >= 0).sum(axis=1), 1)


class Detector:
    """Cuts scans into detections; holds the arrays that it works in.

    Args:
        params: segmentation.
        model: errors of measurement.
    """

    def __init__(self, params: SegmentationParams, model: MotionModelParams) -> None:
        self.params = params
        self.model = model
        self._segments: Segments = allocate_segments(0)

    def find_usable(self, points: ScanPoints) -> NDArray[np.bool_]:
        """(N,) True for hits that are near enough to be looked at."""
        return points.hit & (points.ranges_m > 0.0) & (points.ranges_m <= self.params.max_range_m)

    def detect(self, points: ScanPoints, usable: NDArray[np.bool_], classes: NDArray[np.int8]) -> Detections:
        """Find what may be people.

        Args:
            points: the scan.
            usable: (N,) from `find_usable`.
            classes: (N,) from `Background.classify`.
        """
        params = self.params
        if len(self._segments.counts) < len(usable):
            self._segments = allocate_segments(len(usable))
        labels = np.empty(len(usable), dtype=np.int32)
        count = segment_scan(
            points.points_odom, points.origins_odom, points.ranges_m, usable, classes, params.gap_m, params.gap_slant,
            params.max_missing_rays, labels, self._segments,
        )  # fmt: skip
        widths = self._segments.widths[:count] + self._segments.spacings[:count]
        size = np.maximum(self._segments.widths[:count], self._segments.depths[:count])
        chosen = np.flatnonzero(size <= params.max_size_m)
        nearest = np.argsort(self._segments.ranges[chosen], kind="stable")[: params.max_candidates]
        return self._measure(points, labels, chosen[nearest], widths[chosen[nearest]])

    def _measure(self, points: ScanPoints, labels, chosen: NDArray[np.int64], widths: FloatArray) -> Detections:
        segments, params = self._segments, self.params
        directions, surfaces = segments.directions[chosen], segments.centroids[chosen]
        inner_steps, front_widths = np.empty(len(chosen)), np.empty(len(chosen))
        measure_inner_steps(
            points.points_odom, points.origins_odom, points.ranges_m, labels, chosen, inner_steps, front_widths
        )
        radii = np.clip(0.5 * widths, params.min_leg_radius_m, params.max_body_radius_m)
        return Detections(
            labels=labels,
            segments=chosen,
            surfaces=surfaces,
            positions=surfaces + MEAN_DEPTH_OF_ARC * radii[:, np.newaxis] * directions,
            noises=self._estimate_noises(directions, segments.ranges[chosen], segments.hidden_edges[chosen]),
            widths=widths,
            spacings=segments.spacings[chosen],
            inner_steps=inner_steps,
            front_widths=front_widths,
            single_legs=widths < params.body_width_m,
            foreground=segments.hidden_edges[chosen] == 0,
            seen_free_shares=segments.seen_free_shares[chosen],
            furniture_shares=segments.furniture_shares[chosen],
        )

    def _estimate_noises(self, directions, ranges, hidden_edges) -> FloatArray:
        """Covariances (L, 2, 2): alike in all directions, plus bearing and hidden edges across the line of sight."""
        model = self.model
        across = np.stack([-directions[:, 1], directions[:, 0]], axis=1)
        variance = (model.bearing_noise_rad * ranges) ** 2 + hidden_edges * model.hidden_edge_noise_m**2
        noises = variance[:, np.newaxis, np.newaxis] * across[:, :, np.newaxis] * across[:, np.newaxis, :]
        return noises + model.position_noise_m**2 * np.eye(2)


def measure_middle(detections: Detections, legs: NDArray[np.int64], leg_noise_m: float) -> tuple[FloatArray, FloatArray]:
    """A person's middle (2,) and its covariance (2, 2) from one or two detections."""
    if len(legs) == 2:
        return detections.positions[legs].mean(axis=0), 0.5 * detections.noises[legs].mean(axis=0)
    noise = detections.noises[legs[0]].copy()
    if detections.single_legs[legs[0]]:
        noise += leg_noise_m**2 * np.eye(2)
    return detections.positions[legs[0]].copy(), noise
