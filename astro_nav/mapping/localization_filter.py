"""Where the odom frame lies on the map: the localizer's word, weighed against the odometry's.

A particle filter's estimate jumps by centimetres whenever it is updated, and its error turns with the robot. Odometry
drifts, but over the metres of a manoeuvre by less than that. A goal that jumps makes a robot dither in front of it; this
filter keeps the goal where the odometry has it and lets the localizer correct it little by little.
"""

from __future__ import annotations

import numpy as np

from astro_nav.geometry import se2
from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.robot import LocalizationParams
from astro_nav.types import FloatArray


class LocalizationFilter:
    """A Kalman filter of the robot's pose on the map, predicted by odometry and corrected by a localizer.

    Position and heading are filtered apart from each other, x and y with the same variance: no more is known of a
    localizer than how noisy it is. What a wrong heading does to the position is part of the drift.

    Source: R. E. Kalman, "A new approach to linear filtering and prediction problems", 1960; the gate: Y. Bar-Shalom,
    X. R. Li, T. Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, section 5.4.

    Args:
        params: how far localizer and odometry can be trusted.
    """

    def __init__(self, params: LocalizationParams) -> None:
        self.params = params
        self._noise = np.array([params.position_stddev_m, params.yaw_stddev_rad]) ** 2
        self._said: FloatArray | None = None
        self._believed = np.zeros(3)
        self._last_odom = np.zeros(3)
        self._last_s = 0.0
        self._variances = np.zeros(2)  # of position [m^2] and heading [rad^2]

    def update(self, pose_map_odom: FloatArray, pose_odom_base: FloatArray, now_s: float) -> FloatArray:
        """Take the localizer's newest word and return what to believe.

        Args:
            pose_map_odom: (3,) the odom frame on the map, as the localizer says; the same as before is no news.
            pose_odom_base: (3,) the odometry's pose now.
            now_s: the time.

        Returns:
            (3,) the odom frame on the map.
        """
        if self._said is None or not self._noise.all():
            self._believe(pose_map_odom)
        else:
            self._predict(pose_odom_base, now_s)
            if not np.array_equal(pose_map_odom, self._said):
                self._correct(pose_map_odom, pose_odom_base)
        self._said = pose_map_odom.copy()
        self._last_odom, self._last_s = pose_odom_base.copy(), now_s
        return self._believed.copy()

    def _predict(self, pose_odom_base: FloatArray, now_s: float) -> None:
        """Odometry moves the robot, so what is believed of the odom frame stays; it becomes less certain."""
        params = self.params
        moved = se2.relative(self._last_odom, pose_odom_base)
        driven_m, turned_rad = float(np.hypot(moved[0], moved[1])), abs(float(moved[2]))
        elapsed_s = max(now_s - self._last_s, 0.0)
        self._variances[0] += params.drift_m**2 * driven_m + params.creep_m**2 * elapsed_s
        self._variances[1] += params.drift_rad**2 * (driven_m + turned_rad) + params.creep_rad**2 * elapsed_s

    def _correct(self, pose_map_odom: FloatArray, pose_odom_base: FloatArray) -> None:
        believed = se2.compose(self._believed, pose_odom_base)
        gap = se2.compose(pose_map_odom, pose_odom_base) - believed
        gap[2] = wrap_angle(gap[2])
        expected = self._variances + self._noise
        distance = (gap[0] ** 2 + gap[1] ** 2) / expected[0] + gap[2] ** 2 / expected[1]
        if distance > self.params.gate**2:
            self._believe(pose_map_odom)
            return
        gain = self._variances / expected
        self._variances *= 1.0 - gain
        self._believed = se2.compose(believed + gain[[0, 0, 1]] * gap, se2.invert(pose_odom_base))

    def _believe(self, pose_map_odom: FloatArray) -> None:
        """Take the localizer at its word: at first, and when it says something else entirely."""
        self._believed, self._variances = pose_map_odom.copy(), self._noise.copy()
