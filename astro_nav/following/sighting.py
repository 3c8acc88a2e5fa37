"""People as following sees them: in the map, with the way that they are predicted to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astro_nav.geometry import se2
from astro_nav.types import FloatArray, Prediction, Track


@dataclass(frozen=True)
class Sighting:
    """One tracked obstacle at one time.

    Attributes:
        track_id: of the tracker.
        label: name, "" when unknown.
        person: believed to be a person.
        moving: in motion now.
        stamp_s: time of the position and of the first predicted one.
        position_map: (2,) [m].
        velocity_map: (2,) [m/s].
        predicted_map: (T, 2) where it is expected every `step_s` from the stamp on [m]; T may be 0.
        step_s: time between two predicted positions.
    """

    track_id: int
    label: str
    person: bool
    moving: bool
    stamp_s: float
    position_map: FloatArray
    velocity_map: FloatArray
    predicted_map: FloatArray
    step_s: float

    @property
    def speed_mps(self) -> float:
        """How fast it moves."""
        return float(np.hypot(*self.velocity_map))

    def predict(self, time_s: float) -> FloatArray:
        """Expected position (2,) at a time; before the stamp the position, after the horizon the last prediction."""
        if len(self.predicted_map) == 0 or self.step_s <= 0.0:
            return self.position_map + self.velocity_map * max(time_s - self.stamp_s, 0.0)
        place = (time_s - self.stamp_s) / self.step_s
        index = np.arange(len(self.predicted_map))
        return np.array([np.interp(place, index, self.predicted_map[:, 0]), np.interp(place, index, self.predicted_map[:, 1])])


def list_sightings(tracks: Sequence[Track], prediction: Prediction, pose_map_odom: FloatArray) -> list[Sighting]:
    """What a cycle of the local planner says of moving things, in the map.

    Args:
        tracks: of the cycle.
        prediction: of them; tracks that it does not hold are left out.
        pose_map_odom: (3,).
    """
    by_id = {track.track_id: track for track in tracks}
    cos, sin = np.cos(pose_map_odom[2]), np.sin(pose_map_odom[2])
    turn = np.array([[cos, -sin], [sin, cos]])
    sightings = []
    for row, track_id in enumerate(prediction.track_ids):
        track = by_id[track_id]
        way_map = se2.transform_points(pose_map_odom, prediction.means_odom[row])
        sightings.append(
            Sighting(
                track_id, track.label, track.person, track.moving, prediction.start_s, way_map[0],
                turn @ prediction.velocities_odom[row, 0], way_map, prediction.step_s,
            )  # fmt: skip
        )
    return sightings
