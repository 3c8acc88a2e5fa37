"""The final check: sweep the exact outline along a motion and find the speed that can always stop in time.

The motion is a curve of poses in the frame of the robot at the moment when the command takes effect; `travels` is the way
of the outline's fastest point along it, which covers driving, turning and turning on the spot with one measure.

At every pose k of the curve either the clearance there is enough for the speed, or the robot must be able to stop before:

    allowed = min over k of max(V_stop(travel_k - gap), V_margin(clearance_k), V_creep(clearance_k))
    V_stop(d):   V reaction + V^2 / (2 A) = d        speed from which braking along the same curve ends after the way d
    V_margin(c): margin + margin_per_speed V = c     faster motion needs more room
    V_creep(c):  a crawl, where the pose is no nearer to anything than the robot is already

Every term is continuous in every obstacle's position, so the allowed speed is, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from astro_nav.params.safety_controller import CheckParams
from astro_nav.safety.outline import Outline
from astro_nav.types import FloatArray

# Over this range of clearance the crawl fades out below the clearance that is already there.
CREEP_FADE_M = 0.002
# Numerical slack when a touched point is asked to come no nearer.
TOUCH_SLACK_M = 1e-4
# A curve that leads no further ahead or back than this is a turn on the spot.
LEAST_WAY_AHEAD_M = 0.02


@dataclass(frozen=True)
class Sweep:
    """A curve of K poses (x, y, yaw) from the robot's own frame on, with the outline's way to each [m]."""

    x_m: FloatArray
    y_m: FloatArray
    yaw_rad: FloatArray
    travels_m: FloatArray


@dataclass(frozen=True)
class Surroundings:
    """N points in the robot's frame at the moment when the command takes effect.

    Attributes:
        x_m, y_m: (N,).
        clearances_m: (N,) to the outline, negative inside.
        origins: (N,) int, for places where something will be soon the index of the point that it is at now, else -1.
        unseen_s: (N,) for parts of somebody who may take a step, how long ago they were seen; NaN for everything else [s].
    """

    x_m: FloatArray
    y_m: FloatArray
    clearances_m: FloatArray
    origins: np.ndarray
    unseen_s: FloatArray

    @property
    def is_real(self) -> np.ndarray:
        """(N,) bool, whether something is there now."""
        return self.origins < 0


@dataclass(frozen=True)
class Braking:
    """How the robot stops: after `reaction_s` the outline's fastest point slows by `deceleration_mps2`."""

    reaction_s: float
    deceleration_mps2: float

    def compute_distance_m(self, speed_mps: float) -> float:
        """Way until standstill."""
        return speed_mps * self.reaction_s + 0.5 * speed_mps**2 / self.deceleration_mps2

    def compute_speed_mps(self, distances_m: FloatArray) -> FloatArray:
        """Speeds from which the robot stands after each of the distances, the inverse of `compute_distance_m`."""
        lag = self.deceleration_mps2 * self.reaction_s
        return np.sqrt(lag * lag + 2.0 * self.deceleration_mps2 * np.maximum(distances_m, 0.0)) - lag


@dataclass(frozen=True)
class Margins:
    """Clearance kept at rest, clearance added per speed, and way left over where braking ends."""

    rest_m: float
    per_speed_s: float
    gap_m: float


@dataclass(frozen=True)
class CheckResult:
    """What the sweep found.

    Attributes:
        allowed_mps: speed of the outline's fastest point from which the robot can always stop in time; inf when the whole
            curve is free.
        point: index of the point that limits, -1 when none does.
        contact_s: time until contact with it at the wanted speed, inf when the curve misses it.
        distance_m: the outline's way until its clearance is too small for the wanted speed, inf when it never is.
        touching: whether the robot touches something now.
    """

    allowed_mps: float
    point: int
    contact_s: float
    distance_m: float
    touching: bool


FREE_WAY = CheckResult(math.inf, -1, math.inf, math.inf, False)


def sweep_arc(speed_mps: float, turn_rate_radps: float, outline_speed_mps: float, travel_m: float, spacing_m: float) -> Sweep:
    """The circular arc (or line, or turn on the spot) of a constant twist.

    Args:
        speed_mps, turn_rate_radps: the twist.
        outline_speed_mps: speed of the outline's fastest point under it, > 0.
        travel_m: how far that point goes.
        spacing_m: at most so far between two poses.
    """
    count = max(2, 1 + math.ceil(travel_m / spacing_m))
    travels = np.linspace(0.0, travel_m, count)
    times = travels / outline_speed_mps
    half_turns = 0.5 * turn_rate_radps * times
    chords = speed_mps * times * np.sinc(half_turns / np.pi)
    return Sweep(chords * np.cos(half_turns), chords * np.sin(half_turns), 2.0 * half_turns, travels)


def compute_braking(
    speed_mps: float,
    turn_rate_radps: float,
    outline_speed_mps: float,
    deceleration_mps2: float,
    turn_deceleration_radps2: float,
    reaction_s: float,
) -> Braking:
    """Braking that keeps to the curve: speed and turn rate fall in proportion, the slower of the two sets the pace."""
    stopping_s = max(abs(speed_mps) / deceleration_mps2, abs(turn_rate_radps) / turn_deceleration_radps2, 1e-6)
    return Braking(reaction_s, outline_speed_mps / stopping_s)


class MotionChecker:
    """Finds the allowed speed along a curve among points."""

    def __init__(self, params: CheckParams, outline: Outline) -> None:
        self._params = params
        self._outline = outline

    def look_around(
        self, points_odom: FloatArray, origins: np.ndarray, unseen_s: FloatArray, pose_odom_base: tuple[float, float, float]
    ) -> Surroundings:
        """Express points of odom in the robot's frame and measure their clearance.

        Args:
            points_odom: (N, 2).
            origins, unseen_s: (N,), see `Surroundings`.
            pose_odom_base: the robot's pose when the command takes effect.
        """
        cos, sin = math.cos(pose_odom_base[2]), math.sin(pose_odom_base[2])
        away_x, away_y = points_odom[:, 0] - pose_odom_base[0], points_odom[:, 1] - pose_odom_base[1]
        x, y = cos * away_x + sin * away_y, cos * away_y - sin * away_x
        return Surroundings(x, y, self._outline.measure_clearances(x, y), origins, unseen_s)

    def check(
        self,
        around: Surroundings,
        sweep: Sweep,
        speed_mps: float,
        braking: Braking,
        reverse: bool,
        margin_share: float,
        standing_in_s: float,
    ) -> CheckResult:
        """Find the allowed speed along a curve.

        Args:
            around: the points.
            sweep: the curve; at least the stopping distance of `speed_mps` long, or all that is wanted of it.
            speed_mps: wanted speed of the outline's fastest point, > 0.
            braking: how the robot stops on this curve.
            reverse: whether it drives backwards, where more room is kept.
            margin_share: of the margins and the gap.
            standing_in_s: time in which the robot can stand at all, for those who may take a step meanwhile.
        """
        steps = self._grow_steps(around, sweep, standing_in_s)
        margins = self._make_margins(reverse, margin_share)
        needed = margins.rest_m + margins.per_speed_s * speed_mps
        # No point of the outline goes further than the travel, so what is further away cannot matter.
        chosen = np.flatnonzero(around.clearances_m - steps <= float(sweep.travels_m[-1]) + needed)
        chosen = self._drop_followers(around, chosen, sweep)
        if not len(chosen):
            return FREE_WAY
        clearances = self._measure_along(around, chosen, sweep) - steps[chosen]
        now = around.clearances_m[chosen]
        touched = now < self._params.touch_m
        limit_touch = self._limit_touched(clearances[:, touched], now[touched]) if touched.any() else None
        if limit_touch is not None:
            clearances = np.where(touched[None, :], np.inf, clearances)
        worst = clearances.argmin(axis=1)
        along = clearances[np.arange(len(worst)), worst]
        allowed = self._allow(along, sweep.travels_m, margins, braking)
        if limit_touch is not None:
            stop = braking.compute_speed_mps(sweep.travels_m - margins.gap_m)
            allowed = np.minimum(allowed, np.maximum(limit_touch, stop))
        tightest = int(allowed.argmin())
        touching = limit_touch is not None and float(allowed[tightest]) <= self._params.escape_speed_mps
        point = int(now.argmin()) if touching else int(worst[tightest])
        hits = np.flatnonzero(along <= 0.0)
        tight = np.flatnonzero(along < needed)
        touching = touching and bool(around.is_real[chosen[point]])
        contact_s = 0.0 if touching else (float(sweep.travels_m[hits[0]]) / speed_mps if len(hits) else math.inf)
        distance = float(sweep.travels_m[tight[0]]) if len(tight) else math.inf
        return CheckResult(float(allowed[tightest]), int(chosen[point]), contact_s, distance, touching)

    def _grow_steps(self, around: Surroundings, sweep: Sweep, standing_in_s: float) -> FloatArray:
        """(N,) how far whoever may take a step can have come until the robot stands; never into the robot as it is now [m].

        Braking for those behind it would let them walk into it.
        """
        steps = self._params.step_aside_mps * (around.unseen_s + standing_in_s)
        room = np.maximum(around.clearances_m - self._params.touch_m, 0.0)
        return np.where(np.isnan(steps) | self._find_behind(around.x_m, sweep), 0.0, np.minimum(steps, room))

    def _drop_followers(self, around: Surroundings, chosen: np.ndarray, sweep: Sweep) -> np.ndarray:
        """Leave out where things will be that come from behind, or that come to where the robot leads away from.

        Braking for somebody who walks behind the robot would bring about the contact that it is to avoid.
        """
        coming = chosen[around.origins[chosen] >= 0]
        if not len(coming):
            return chosen
        arriving = np.unique(around.origins[coming[around.clearances_m[coming] < self._params.touch_m]])
        if len(arriving):
            nearest = self._measure_along(around, arriving, sweep).min(axis=0)
            arriving = arriving[nearest >= around.clearances_m[arriving] - TOUCH_SLACK_M]
        origins = np.unique(around.origins[coming])
        behind = origins[self._find_behind(around.x_m[origins], sweep)]
        return chosen[~np.isin(around.origins[chosen], np.union1d(arriving, behind))]

    def _find_behind(self, x_m: FloatArray, sweep: Sweep) -> np.ndarray:
        """(N,) bool: beyond the end of the outline from which the motion leads away; nobody while it turns on the spot."""
        ahead_m = float(sweep.x_m[-1])
        if abs(ahead_m) < LEAST_WAY_AHEAD_M:
            return np.zeros(len(x_m), dtype=bool)
        rear_m, front_m = self._outline.ends_m
        return x_m < rear_m if ahead_m > 0.0 else x_m > front_m

    def _measure_along(self, around: Surroundings, chosen: np.ndarray, sweep: Sweep) -> FloatArray:
        """(K, N) clearances of the chosen points at every pose of the curve."""
        x, y = around.x_m[chosen][None, :], around.y_m[chosen][None, :]
        cos, sin = np.cos(sweep.yaw_rad)[:, None], np.sin(sweep.yaw_rad)[:, None]
        # R^T (p - t) = R^T p - R^T t, with the second term per pose only.
        shift_x = cos * sweep.x_m[:, None] + sin * sweep.y_m[:, None]
        shift_y = cos * sweep.y_m[:, None] - sin * sweep.x_m[:, None]
        return self._outline.measure_clearances(cos * x + sin * y - shift_x, cos * y - sin * x - shift_y)

    def _limit_touched(self, clearances: FloatArray, now: FloatArray) -> FloatArray:
        """(K,) crawl where no touched point comes nearer than it is, else 0."""
        worst = (clearances - now[None, :]).min(axis=1)
        return np.where(worst >= -TOUCH_SLACK_M, self._params.escape_speed_mps, 0.0)

    def _make_margins(self, reverse: bool, share: float) -> Margins:
        params = self._params
        rest_m = params.margin_m + (params.reverse_margin_m if reverse else 0.0)
        return Margins(share * rest_m, share * params.margin_per_speed_s, share * params.gap_m)

    def _allow(self, along_m: FloatArray, travels_m: FloatArray, margins: Margins, braking: Braking) -> FloatArray:
        """(K,) the formula at the top of this file."""
        params = self._params
        by_margin = np.maximum(along_m - margins.rest_m, 0.0) / max(margins.per_speed_s, 1e-6)
        reference = max(min(float(along_m[0]), margins.rest_m), params.touch_m)
        creep = params.escape_speed_mps * np.clip((along_m - reference) / CREEP_FADE_M + 1.0, 0.0, 1.0)
        enough = np.maximum(by_margin, creep)
        allowed = np.maximum(braking.compute_speed_mps(travels_m - margins.gap_m), enough)
        # Between two poses both ways and clearances are nearly linear: the tightest place may lie there.
        halves = 0.5 * (travels_m[1:] + travels_m[:-1])
        between = np.maximum(braking.compute_speed_mps(halves - margins.gap_m), 0.5 * (enough[1:] + enough[:-1]))
        allowed[1:] = np.minimum(allowed[1:], between)
        return allowed
