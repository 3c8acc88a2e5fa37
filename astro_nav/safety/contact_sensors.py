"""Cliff sensors and bumpers: what a lidar cannot see.

Where they sit on the robot is not known; they are taken to look ahead, as on nearly every robot. So while one of them
objects the robot may only back away, slowly.
"""

from __future__ import annotations

import math

from astro_nav.params.safety_controller import ContactSensorParams
from astro_nav.safety.hold import Hold, stand
from astro_nav.types import LimitedBy


class ContactSensors:
    """The state of all cliff sensors and bumpers that have been heard."""

    def __init__(self, params: ContactSensorParams, escape_speed_mps: float) -> None:
        self._params = params
        self._escape_speed_mps = escape_speed_mps
        self._heard_s: dict[str, float] = {}
        self._objecting: set[str] = set()
        self._last_words: dict[str, tuple[LimitedBy, str]] = {}
        self._objected_s: dict[str, float] = {}

    def restart_times(self, now_s: float) -> None:
        """After a jump of the clock: what objects goes on objecting until the sensor says otherwise."""
        self._heard_s = dict.fromkeys(self._heard_s, now_s)
        self._objected_s = dict.fromkeys(self._objected_s, now_s)

    def add_range(self, source: str, range_m: float, received_s: float) -> None:
        """A cliff sensor's reading. NaN and infinity mean that it sees no floor."""
        self._heard_s[source] = received_s
        if range_m <= self._params.cliff_distance_m:
            self._objecting.discard(source)
            return
        sees = f"sees the floor {range_m:.2f} m away" if math.isfinite(range_m) else "sees no floor"
        sentence = f"{source} {sees} (limit cliff_distance_m = {self._params.cliff_distance_m:g} m): only backing away is allowed"
        self._object(source, LimitedBy.CLIFF, sentence, received_s)

    def add_bumper(self, source: str, pressed: bool, received_s: float) -> None:
        """A bumper's state. Bumpers may speak only when they change."""
        if not pressed:
            self._objecting.discard(source)
            return
        self._object(source, LimitedBy.BUMPER, f"{source} is pressed: only backing away is allowed", received_s)

    def find_holds(self, now_s: float, backing: bool, outline_speed_mps: float) -> list[Hold]:
        """What the sensors have against the wanted motion.

        Args:
            now_s: the present time.
            backing: whether it goes backwards.
            outline_speed_mps: wanted speed of the outline's fastest point.
        """
        holds = []
        for source, heard_s in self._heard_s.items():
            if now_s - heard_s > self._params.stop_after_s:
                sentence = (
                    f"{source} has been silent for {now_s - heard_s:.2f} s "
                    f"(limit stop_after_s = {self._params.stop_after_s:g} s): check the cliff sensor"
                )
                holds.append(stand(LimitedBy.CLIFF, source, sentence))
        for source, objected_s in self._objected_s.items():
            if source not in self._objecting and now_s - objected_s > self._params.hold_s:
                continue
            limited_by, sentence = self._last_words[source]
            if backing:
                scale = min(1.0, self._escape_speed_mps / max(outline_speed_mps, 1e-6))
                holds.append(Hold(limited_by, scale, source, lambda said=sentence: said))
            else:
                holds.append(stand(limited_by, source, sentence, hard=True))
        return holds

    def _object(self, source: str, limited_by: LimitedBy, sentence: str, now_s: float) -> None:
        self._objecting.add(source)
        self._last_words[source] = (limited_by, sentence)
        self._objected_s[source] = now_s
