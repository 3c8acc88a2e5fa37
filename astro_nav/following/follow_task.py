"""A goal to follow somebody: what is known of it, and how it goes."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import IntEnum

from astro_nav.following.crowding import Crowding
from astro_nav.following.person_keeper import PersonKeeper
from astro_nav.following.progress import Progress
from astro_nav.following.sighting import Sighting
from astro_nav.following.trail import PersonTrail
from astro_nav.params.following import FollowParams
from astro_nav.types import FloatArray


class FollowState(IntEnum):
    """The values are those of astro_nav_msgs/action/FollowPerson."""

    FINDING = 0
    FOLLOWING = 1
    STANDING = 2
    MAKING_WAY = 3
    SEARCHING = 4


@dataclass(frozen=True)
class FollowFeedback:
    """How it goes: the fields of the action's feedback, and the goal to whom it belongs."""

    goal_id: Hashable
    state: FollowState
    track_id: int
    is_visible: bool
    distance_m: float
    sentence: str


@dataclass
class FollowTask:
    """What is known of the goal on the way."""

    goal_id: Hashable
    name: str
    distance_m: float
    accepted_s: float
    keeper: PersonKeeper
    person: Sighting | None = None  # as seen last
    is_visible: bool = False
    progress: Progress = field(default_factory=Progress)
    crowding: Crowding = field(default_factory=Crowding)
    rest_gap_m: float = 0.0  # distance when the robot came to rest

    @property
    def track_id(self) -> int:
        """Number of the person while they are tracked, else 0."""
        return self.person.track_id if self.person is not None and self.is_visible else 0

    def note_person(self, trail: PersonTrail) -> None:
        """There is news of the person; where they walk is added to the trail."""
        self.is_visible = self.keeper.is_visible
        if self.is_visible:
            self.person = self.keeper.make_sighting(self.keeper.belief.stamp_s)
            trail.add(self.person.position_map)

    def make_feedback(self, state: FollowState, pose_map_base: FloatArray | None, sentence: str) -> FollowFeedback:
        """How it goes, for a robot at (3,)."""
        person = self.person
        distance_m = math.nan if person is None or pose_map_base is None else math.dist(person.position_map, pose_map_base[:2])
        return FollowFeedback(self.goal_id, state, 0 if person is None else person.track_id, self.is_visible, distance_m, sentence)

    def explain_no_pose(self, reason: str, now_s: float, params: FollowParams) -> str:
        """Why to give up when the robot does not know where it is; "" to wait on."""
        seen_s, limit_s = (self.accepted_s, params.find_s) if self.person is None else (self.person.stamp_s, params.search_s)
        return f"{reason}; waited {limit_s:g} s" if now_s - seen_s >= limit_s else ""

    def get_place(self, now_s: float) -> FloatArray | None:
        """Where (2,) the person is believed to be; None when that is not known."""
        if self.person is None or not (self.is_visible or self.keeper.is_believed):
            return None
        return self.keeper.make_sighting(now_s).predict(now_s)
