"""Parameters of following a person: section `follow` of config/global_planner.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class FollowParams:
    """How a person is followed, looked for and given up."""

    distance_m: float = parameter("kept to the person's middle unless the goal says otherwise", unit="m", minimum=0.5, maximum=5.0, live=True)
    lead_s: float = parameter(
        "the robot makes for where it should be so long from now; larger follows closer and brakes later", unit="s", minimum=0.0, maximum=3.0, live=True
    )
    lag_gain: float = parameter(
        "a robot that is farther from or nearer to a walking person than the distance makes for a place that makes up for so many times the difference",
        unit="1", minimum=0.0, maximum=5.0, live=True,
    )  # fmt: skip
    beside_rad: float = parameter(
        "so far round from straight behind the robot may be; 1.57 = exactly beside", unit="rad", minimum=0.0, maximum=2.5, live=True
    )
    walk_speed_mps: float = parameter("slower than this a person stands", unit="m/s", minimum=0.05, maximum=1.0, live=True)
    tolerance_m: float = parameter("a standing person may be so much farther away than the distance", unit="m", minimum=0.02, maximum=1.0, live=True)
    release_m: float = parameter(
        "a robot that stands goes on once a standing person is so much farther away; above tolerance_m", unit="m", minimum=0.05, maximum=2.0, live=True
    )
    facing_rad: float = parameter("a robot that comes to rest is turned to the person within this", unit="rad", minimum=0.02, maximum=1.0, live=True)
    turn_after_rad: float = parameter("and turns again when they are so far from ahead; above facing_rad", unit="rad", minimum=0.1, maximum=3.0, live=True)
    room_m: float = parameter(
        "kept, beside the robot's narrowest part, between straight lines and what the map shows; else the person's trail is taken",
        unit="m", minimum=0.0, maximum=1.0, live=True,
    )  # fmt: skip
    make_way_m: float = parameter("a robot nearer than this to the predicted way of who comes towards it goes aside", unit="m", minimum=0.2, maximum=2.0, live=True)
    aside_reach_m: float = parameter("farthest place to which it goes aside", unit="m", minimum=0.3, maximum=5.0, live=True)
    crowd_m: float = parameter("who stands nearer than this has come close and wants to pass", unit="m", minimum=0.0, maximum=2.0, live=True)
    crowd_step_m: float = parameter("so does who comes nearer by this to a robot that has come to rest before them", unit="m", minimum=0.05, maximum=2.0, live=True)
    crowd_s: float = parameter("after so long", unit="s", minimum=0.2, maximum=60.0, live=True)
    aside_s: float = parameter("for so long at most the robot then goes out of the way", unit="s", minimum=1.0, maximum=60.0, live=True)
    trail_m: float = parameter("length of the remembered trail of the person", unit="m", minimum=1.0, maximum=100.0)
    front_rad: float = parameter("who is not farther than this from straight ahead is in front", unit="rad", minimum=0.1, maximum=3.15, live=True)
    find_range_m: float = parameter("and not farther away than this", unit="m", minimum=0.5, maximum=20.0, live=True)
    find_s: float = parameter("so long the person to follow may not be seen at the beginning", unit="s", minimum=0.0, maximum=120.0, live=True)
    search_s: float = parameter("a person out of sight is looked for so long", unit="s", minimum=1.0, maximum=300.0, live=True)
    search_beyond_m: float = parameter("and so far beyond the end of their predicted way", unit="m", minimum=0.0, maximum=10.0, live=True)
    again_m: float = parameter("somebody who appears so near to where they are thought to be is the one that was lost", unit="m", minimum=0.1, maximum=3.0, live=True)
    again_mps: float = parameter("and this much farther for every second out of sight", unit="m/s", minimum=0.0, maximum=3.0, live=True)
    doubt_room_m: float = parameter(
        "a track nearer than this to what the map shows may have slipped from the person onto furniture", unit="m", minimum=0.0, maximum=1.0, live=True
    )
    give_up_s: float = parameter("so long the robot may get no nearer to a person who is too far away", unit="s", minimum=1.0, maximum=600.0, live=True)

    def find_conflicts(self) -> list[str]:
        conflicts = []
        if self.release_m <= self.tolerance_m:
            conflicts.append(f"follow.release_m = {self.release_m:g} m must be above follow.tolerance_m = {self.tolerance_m:g} m: else the robot dithers")
        if self.turn_after_rad <= self.facing_rad:
            conflicts.append(f"follow.turn_after_rad = {self.turn_after_rad:g} rad must be above follow.facing_rad = {self.facing_rad:g} rad: else the robot dithers")
        return conflicts
