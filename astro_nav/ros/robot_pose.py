"""Where the robot is on the map, from tf, with the localizer's jumps taken out."""

from __future__ import annotations

import dataclasses

from astro_nav.geometry import se2
from astro_nav.mapping.localization_filter import LocalizationFilter
from astro_nav.params.robot import FrameParams, LocalizationParams
from astro_nav.ros.transforms import Lookup, Transforms


class RobotPose:
    """Looks the robot up, with a memory: each node that needs it keeps one and asks at its own rate.

    Args:
        transforms: where poses come from.
        frames: names of the frames.
        params: of the filter.
    """

    def __init__(self, transforms: Transforms, frames: FrameParams, params: LocalizationParams) -> None:
        self._transforms, self._frames = transforms, frames
        self._filter = LocalizationFilter(params)

    def look_up_odom(self, now_s: float) -> Lookup:
        """Where the odom frame lies on the map."""
        said = self._transforms.lookup_pose(self._frames.map, self._frames.odom)
        driven = self._transforms.lookup_pose(self._frames.odom, self._frames.base)
        if said.pose is None or driven.pose is None:
            return said
        return dataclasses.replace(said, pose=self._filter.update(said.pose, driven.pose, now_s))

    def look_up_base(self, now_s: float) -> Lookup:
        """Where the robot is on the map."""
        raw = self._transforms.lookup_pose(self._frames.map, self._frames.base)
        if raw.pose is None:
            return raw
        odom, driven = self.look_up_odom(now_s), self._transforms.lookup_pose(self._frames.odom, self._frames.base)
        if odom.pose is None or driven.pose is None:
            return raw  # a localizer that leaves out the odom frame has nothing to be filtered
        return dataclasses.replace(raw, pose=se2.compose(odom.pose, driven.pose))
