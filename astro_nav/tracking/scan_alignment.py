"""A frame that stands still although odometry drifts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.geometry import se2
from astro_nav.kernels.scan_alignment import align_points, fit_lines, index_by_bearing
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.people import AlignmentParams
from astro_nav.tracking.ray_motion import RayMotion
from astro_nav.types import FloatArray


class ScanAligner:
    """Follows the drift of odometry by laying every scan onto a reference scan.

    Wheels that slip turn the odom frame under everything that stands still: a hundredth of a radian between two scans
    lets a table at four metres walk at 0.4 m/s. In the still frame, which this keeps, tables stand.

    Attributes:
        pose_still_odom: (3,) the odom frame in the still frame.

    Args:
        params: of the alignment.
    """

    def __init__(self, params: AlignmentParams) -> None:
        self.params = params
        self.pose_still_odom = np.zeros(3)
        self._slots = np.full(params.slots, -1, dtype=np.int64)
        self._normals = np.full((params.slots, 2), np.nan)
        self._reference: FloatArray | None = None
        self._center = np.zeros(2)
        self._yaw_rad = 0.0
        self._stamp_s = -np.inf

    def clear(self) -> None:
        """Forget the reference; the still frame stays where it is."""
        self._reference = None

    def align(self, points: ScanPoints, usable: NDArray[np.bool_], lidar: RayMotion) -> bool:
        """Bring `pose_still_odom` up to date with a scan.

        Args:
            points: the scan.
            usable: (N,) hits to use; best without those on moving things.
            lidar: its motion, with this scan.

        Returns:
            Whether the scan could be aligned; else odometry is believed.
        """
        points_still = se2.transform_points(self.pose_still_odom, points.points_odom)
        center = se2.transform_points(self.pose_still_odom, lidar.position_odom)
        partners, correction = 0, np.zeros(3)
        if self._reference is not None:
            partners = self._match(points_still, usable, center, lidar, correction)
        enough = partners >= max(self.params.min_partners, self.params.min_share * usable.sum())
        good = enough and bool((np.abs(correction) <= self._limits).all())
        if good:
            # Turn about the lidar, then shift, as one pose in front of the old one.
            shift = center - se2.transform_points([0.0, 0.0, correction[2]], center) + correction[:2]
            self.pose_still_odom = se2.compose([shift[0], shift[1], correction[2]], self.pose_still_odom)
        if not good or self._is_worn_out(points.stamp_s, center, lidar.heading_rad, partners, usable):
            self._take_reference(points, usable, lidar)
        return good

    @property
    def _limits(self) -> FloatArray:
        return np.array([self.params.max_shift_m, self.params.max_shift_m, self.params.max_turn_rad])

    def _match(self, points_still, usable, center, lidar: RayMotion, correction) -> int:
        params = self.params
        shift_m = params.base_shift_m + params.shift_per_travel * lidar.travel_m
        turn_rad = params.base_turn_rad + params.turn_per_travel_radpm * lidar.travel_m
        turn_rad += params.turn_per_turn * abs(lidar.turn_rad)
        prior = 1.0 / np.array([shift_m, shift_m, turn_rad]) ** 2
        return align_points(
            points_still, usable, self._reference, self._slots, self._normals, self._center[0], self._center[1], center[0],
            center[1], prior, params.search_slots, params.max_distance_m, params.scale_m, params.iterations, correction,
        )  # fmt: skip

    def _is_worn_out(self, stamp_s: float, center: FloatArray, yaw_rad: float, partners: int, usable) -> bool:
        params = self.params
        turned = abs(np.remainder(yaw_rad - self._yaw_rad + np.pi, 2.0 * np.pi) - np.pi)
        return bool(
            np.hypot(*(center - self._center)) > params.renew_distance_m
            or turned > params.renew_turn_rad
            or stamp_s - self._stamp_s > params.renew_s
            or partners < params.renew_share * usable.sum()
        )

    def _take_reference(self, points: ScanPoints, usable, lidar: RayMotion) -> None:
        self._reference = se2.transform_points(self.pose_still_odom, points.points_odom)
        self._center = se2.transform_points(self.pose_still_odom, lidar.position_odom)
        self._yaw_rad, self._stamp_s = lidar.heading_rad, points.stamp_s
        index_by_bearing(self._reference, usable, self._center[0], self._center[1], self._slots)
        fit_lines(self._reference, self._slots, self.params.max_gap_m, self._normals)
