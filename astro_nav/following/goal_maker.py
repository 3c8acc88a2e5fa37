"""Where to be for somebody who is followed, and the way there.

A person who walks is followed as by a leash: from where they will be in `lead_s`, the robot makes for the point at the wanted
distance that is nearest to where it is, as long as that is behind or beside. So it cuts corners in the open as a trailer does.
Where the straight line there is not free on the map, it takes the person's own trail. Who comes towards the robot is given
room: it goes to a place beside their predicted way. Whom it has lost, it looks for along their trail and predicted way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from astro_nav.following.free_space import FreeSpace
from astro_nav.following.passing import Passing
from astro_nav.following.route import RouteFinder
from astro_nav.following.sighting import Sighting
from astro_nav.following.trail import PersonTrail, divide_line, find_nearest
from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.following import FollowParams
from astro_nav.types import FloatArray

NEAREST_SHARE, FARTHEST_SHARE = 0.6, 1.6  # of the wanted distance, within which a lag is made up for
SHUT_IN_SHARE = 0.15  # of where a person could go, that a robot in their way keeps from them
SHUT_IN_WEIGHT = 6.0
SHUT_IN_STEP_M = 0.45
COMES_ON_M = 2.0  # somebody who comes wants to go on at least so far
TURNING_ROOM_M = 0.04
TIGHT_COST = 10.0
PERSON_ROOM_M = 0.55  # kept from them on the way aside
OFF_WAY_WEIGHT = 6.0
BRAKING_SHARE = 0.7  # of the deceleration limit, with which a robot that need not go on comes to rest
KEEP_ASIDE = 0.5  # cost per metre of going aside to another place than before


class GoalKind(Enum):
    """What a goal is."""

    LEASH = "behind or beside"
    ASIDE = "out of the way"
    STAY = "here"
    SEARCH = "where they would have gone"


@dataclass(frozen=True)
class FollowGoal:
    """Where to be.

    Attributes:
        kind: what it is.
        way_map: (N, 3) poses from about the robot on; the last one is the goal.
    """

    kind: GoalKind
    way_map: FloatArray

    @property
    def pose_map(self) -> FloatArray:
        """(3,) the goal."""
        return self.way_map[-1]


class GoalMaker:
    """Makes goals.

    Args:
        params: of following.
        space: room on the map.
        inscribed_radius_m, circumscribed_radius_m: of the footprint.
        deceleration_mps2: limit of the robot.
    """

    def __init__(
        self, params: FollowParams, space: FreeSpace, inscribed_radius_m: float, circumscribed_radius_m: float, deceleration_mps2: float
    ) -> None:
        self.params, self._space = params, space
        self._inscribed_radius_m, self._circumscribed_radius_m = inscribed_radius_m, circumscribed_radius_m
        self._deceleration_mps2 = deceleration_mps2
        self._route = RouteFinder(space, inscribed_radius_m)
        self._aside_map: FloatArray | None = None

    def clear(self) -> None:
        """Begin anew with somebody else."""
        self._aside_map = None

    def make_goal(self, person: Sighting, trail: PersonTrail, robot_map: FloatArray, speed_mps: float, distance_m: float, now_s: float) -> FollowGoal:
        """Where to be for a person in sight.

        Args:
            person: newest sighting.
            trail: where they went, up to now.
            robot_map: (3,) pose of the robot.
            speed_mps: of the robot, forwards.
            distance_m: to keep.
            now_s: time.
        """
        self._space.move_to(robot_map[:2])
        here, aim = person.predict(now_s), self._predict_aim(person, now_s)
        is_walking = person.moving and person.speed_mps >= self.params.walk_speed_mps
        way = aim - here if np.hypot(*(aim - here)) > 0.05 else person.velocity_map
        away = robot_map[:2] - aim
        gap_m = math.dist(here, robot_map[:2])
        if not is_walking:
            self._aside_map = None
            return self._make_leash(trail, gap_m, aim, robot_map, speed_mps, distance_m, False)
        behind = math.atan2(-way[1], -way[0])
        round_rad = float(wrap_angle(math.atan2(away[1], away[0]) - behind))
        from_here = robot_map[:2] - here
        is_ahead = float(from_here @ way) > 0.0 and abs(round_rad) > 0.5 * self.params.beside_rad
        if is_ahead:
            # Whoever is expected to slow before the robot wants to go on nevertheless.
            coming = extend_way(_list_way(person, now_s), way, COMES_ON_M)
            comes_near = np.hypot(*(coming - robot_map[:2]).T).min() < self.params.make_way_m
            if self._aside_map is not None or comes_near or self.shuts_in(here, robot_map):
                return self.go_aside(person, coming, robot_map, speed_mps)
        self._aside_map = None
        if is_ahead:  # they pass at some distance: wait for them
            return self.make_stay(robot_map, speed_mps, here)
        return self._make_leash(trail, gap_m, aim, robot_map, speed_mps, distance_m, True)

    def _predict_aim(self, person: Sighting, now_s: float) -> FloatArray:
        """Where they will be in `lead_s`; not in what the map shows, unless they are in it now."""
        ahead = np.array([person.predict(now_s + self.params.lead_s * share) for share in np.linspace(0.0, 1.0, 9)])
        blocked = np.flatnonzero(self._space.measure_room(ahead) <= 0.0)
        return ahead[-1] if len(blocked) == 0 or blocked[0] == 0 else ahead[blocked[0] - 1]

    def shuts_in(self, person_map: FloatArray, robot_map: FloatArray) -> bool:
        """Whether the robot stands in the only way out for a person at (2,)."""
        self._space.move_to(robot_map[:2])
        return Passing(self._space, person_map, self.params.make_way_m).measure_shut_in(robot_map) > SHUT_IN_SHARE

    def make_search(self, person: Sighting, trail: PersonTrail, robot_map: FloatArray) -> FollowGoal:
        """Where to look for somebody who was seen last as `person` says: at the end of their predicted way, and beyond."""
        self._space.move_to(robot_map[:2])
        ahead = person.predicted_map
        room_m = self._inscribed_radius_m + self.params.room_m
        curve = trail.make_curve(ahead)
        if person.moving and len(curve) >= 2 and self.params.search_beyond_m > 0.0:
            back = curve[max(len(curve) - 6, 0)]
            direction = (curve[-1] - back) / max(float(np.hypot(*(curve[-1] - back))), 1e-9)
            beyond = divide_line(curve[-1], curve[-1] + self.params.search_beyond_m * direction)[1:]
            blocked = np.flatnonzero(self._space.measure_room(beyond) < room_m) if len(beyond) else np.zeros(0, np.int64)
            beyond = beyond[: blocked[0]] if len(blocked) else beyond
            curve = np.concatenate([curve, beyond])
        if len(curve) == 0:
            curve = person.position_map[np.newaxis]
        # What lies in a wall is no place to look.
        while len(curve) > 1 and self._space.measure_room(curve[-1:])[0] < self._inscribed_radius_m:
            curve = curve[:-1]
        return FollowGoal(GoalKind.SEARCH, make_way(robot_map, curve[find_nearest(curve, robot_map) :], None))

    # Ways to be

    def _make_leash(
        self, trail: PersonTrail, gap_m: float, aim: FloatArray, robot_map: FloatArray, speed_mps: float, distance_m: float, is_walking: bool
    ) -> FollowGoal:
        """Along the way to the person, up to the wanted distance and as far as they can be seen from there.

        Who falls behind makes for a place nearer to them, who comes too near for one farther away: a goal that moves is followed at a
        lag otherwise.
        """
        wanted_m = distance_m
        if is_walking:
            least_m, most_m = NEAREST_SHARE * distance_m, FARTHEST_SHARE * distance_m
            wanted_m = min(max(distance_m - self.params.lag_gain * (gap_m - distance_m), least_m), most_m)
        way = self._route.find(robot_map, aim, trail.points_map)
        away = np.hypot(*(way - aim).T)
        near = np.flatnonzero(away <= wanted_m)
        if len(near) == 0 or near[0] == 0:
            return self.make_stay(robot_map, speed_mps, aim)
        last = int(near[0])
        share = (away[last - 1] - wanted_m) / max(away[last - 1] - away[last], 1e-9)
        point = way[last - 1] + min(max(share, 0.0), 1.0) * (way[last] - way[last - 1])
        # From round the corner nobody is seen.
        while last > 1 and self._space.measure_room(point[np.newaxis])[0] < self._inscribed_radius_m:
            last -= 1
            point = way[last]
        while not self._space.is_line_free(point, aim, 0.0) and away[last] > NEAREST_SHARE * distance_m and last < len(way) - 1:
            last += 1
            point = way[last]
        yaw = math.atan2(aim[1] - point[1], aim[0] - point[0])
        return FollowGoal(GoalKind.LEASH, make_way(robot_map, np.concatenate([way[1:last], point[np.newaxis]]), yaw))

    def make_stay(self, robot_map: FloatArray, speed_mps: float, aim: FloatArray, kind: GoalKind = GoalKind.STAY) -> FollowGoal:
        """Where the robot can come to rest, turned to the person."""
        rest_m = max(speed_mps, 0.0) ** 2 / (2.0 * BRAKING_SHARE * self._deceleration_mps2)
        point = robot_map[:2] + rest_m * np.array([math.cos(robot_map[2]), math.sin(robot_map[2])])
        yaw = math.atan2(aim[1] - point[1], aim[0] - point[0])
        return FollowGoal(kind, np.array([[*point, yaw]]))

    # Somebody comes

    def go_aside(self, person: Sighting, way: FloatArray, robot_map: FloatArray, speed_mps: float) -> FollowGoal:
        """The best place beside the way (K, 2) of somebody who comes, or wants to: near, and off it.

        It is kept while it is about as good as any other.
        """
        params = self.params
        room_m = self._inscribed_radius_m + 0.5 * params.room_m
        places = self._space.find_places(robot_map, params.aside_reach_m, room_m, person.position_map, PERSON_ROOM_M)
        points = places.points_map[places.reached]
        off_way_m = np.hypot(points[:, 0, np.newaxis] - way[:, 0], points[:, 1, np.newaxis] - way[:, 1]).min(axis=1)
        costs = OFF_WAY_WEIGHT * np.maximum(params.make_way_m - off_way_m, 0.0) + places.lengths_m[places.reached]
        costs += SHUT_IN_WEIGHT * self._measure_shut_in(person.position_map, points)
        if self._aside_map is not None:
            costs += KEEP_ASIDE * np.minimum(np.hypot(*(points - self._aside_map).T), 1.0)
        # It has to turn there, now or later. The first place is the robot's own: it may stay wherever it is.
        tight = self._space.measure_room(points) < self._circumscribed_radius_m + TURNING_ROOM_M
        costs[tight & (places.lengths_m[places.reached] > 0.0)] += TIGHT_COST
        best = int(places.reached[int(np.argmin(costs))])
        self._aside_map = places.points_map[best]
        if places.lengths_m[best] == 0.0:
            return self.make_stay(robot_map, speed_mps, person.position_map, GoalKind.ASIDE)
        place = self._aside_map
        yaw = math.atan2(*(person.position_map - place)[::-1])
        return FollowGoal(GoalKind.ASIDE, make_way(robot_map, places.list_way(best), yaw))


    def _measure_shut_in(self, person_map: FloatArray, points: FloatArray) -> FloatArray:
        """For points (N, 2) that lie on a grid; every other one is asked for, and speaks for its neighbours."""
        passing = Passing(self._space, person_map, self.params.make_way_m)
        cells = np.round((points - points[0]) / SHUT_IN_STEP_M).astype(np.int64)
        _, first, inverse = np.unique(cells, axis=0, return_index=True, return_inverse=True)
        return np.array([passing.measure_shut_in(points[index]) for index in first])[inverse.ravel()]


def extend_way(way: FloatArray, direction: FloatArray, length_m: float) -> FloatArray:
    """A way (N, 2) and as much again straight on in a direction (2,)."""
    unit = direction / max(float(np.hypot(*direction)), 1e-9)
    return np.concatenate([way, divide_line(way[-1], way[-1] + length_m * unit)])


def _list_way(person: Sighting, now_s: float) -> FloatArray:
    """Where a person is expected from now to the horizon, (N, 2)."""
    return np.array([person.predict(now_s + 0.2 * step) for step in range(16)])


def make_way(robot_map: FloatArray, points: FloatArray, yaw: float | None) -> FloatArray:
    """Poses (N, 3) from the robot along points (K, 2), each turned to the next; the last one to `yaw` unless that is None."""
    lead = divide_line(robot_map[:2], points[0])
    places = np.concatenate([lead, points]) if len(lead) else points
    steps = np.diff(places, axis=0)
    kept = np.concatenate([[True], np.hypot(steps[:, 0], steps[:, 1]) > 1e-3])
    kept[-1] = True
    places = places[kept]
    if len(places) == 1:
        return np.array([[*places[0], robot_map[2] if yaw is None else yaw]])
    steps = np.diff(places, axis=0)
    yaws = np.arctan2(steps[:, 1], steps[:, 0])
    return np.column_stack([places, np.append(yaws, yaws[-1] if yaw is None else yaw)])
