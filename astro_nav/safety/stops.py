"""The last stops and slowdowns with their reasons: what somebody asks for who saw the robot stop.

One stop is one spell of one reason. What the spells are made of comes from the controller itself or from recorded
`safety_state` messages; both give the same stops.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace

from astro_nav.types import LimitedBy

# Nobody asks why a robot stands that nobody has sent anywhere.
NOT_WORTH_A_WORD = (LimitedBy.NOTHING, LimitedBy.NO_TRAJECTORY)
# Nor about these, while it stands and nobody wants it to move: a start, an end, a sensor that is not there yet.
NOT_WORTH_A_WORD_AT_REST = (
    LimitedBy.SCAN_AGE,
    LimitedBy.ODOM_AGE,
    LimitedBy.TRANSFORM,
    LimitedBy.CLOCK,
    LimitedBy.LATE_LOOP,
    LimitedBy.SHUTDOWN,
)
# The same reason again within this time is the same stop.
MERGE_S = 1.0
# What the layer that stopped the robot is called.
LAYERS = {
    LimitedBy.OBSTACLE: "final check",
    LimitedBy.CONTACT: "final check",
    LimitedBy.SCAN_AGE: "watchdog of the scans",
    LimitedBy.ODOM_AGE: "watchdog of the odometry",
    LimitedBy.TRAJECTORY_AGE: "watchdog of the trajectory",
    LimitedBy.TRANSFORM: "watchdog of the transforms",
    LimitedBy.SPEED_LIMIT: "speed limit",
    LimitedBy.CLOCK: "watchdog of the clock",
    LimitedBy.LATE_LOOP: "watchdog of its own loop",
    LimitedBy.BAD_INPUT: "check of messages",
    LimitedBy.CLIFF: "cliff sensors",
    LimitedBy.BUMPER: "bumpers",
    LimitedBy.SHUTDOWN: "shut-down",
    LimitedBy.EMERGENCY_STOP: "emergency stop",
}
STANDING_MPS = 1e-3


@dataclass(frozen=True)
class Moment:
    """What the controller said at one time.

    Attributes:
        stamp_s: ROS time.
        limited_by, source, reason, scale, allowed_mps: as in `safety_state`.
        stands: whether the command was zero.
        is_wanted: whether somebody wanted it to move.
        point_odom: where contact would have been [m], None when nowhere.
        contact_s: time until then [s], None when never.
        is_hard: whether it braked harder than is comfortable.
    """

    stamp_s: float
    limited_by: LimitedBy
    source: str
    reason: str
    scale: float
    allowed_mps: float
    stands: bool
    is_wanted: bool
    point_odom: tuple[float, float] | None
    contact_s: float | None
    is_hard: bool = False


@dataclass(frozen=True)
class Stop:
    """One stop or slowdown.

    Attributes:
        begin_s, end_s: ROS time; `end_s` is that of the newest moment while it lasts.
        layer: what stopped the robot.
        limited_by: name of the `LimitedBy`.
        source: topic or sensor.
        reason: the sentence at the strictest moment.
        scale: strictest share of the wanted speed.
        allowed_mps: speed allowed then.
        stood: whether the command came to zero.
        is_hard: whether it braked harder than is comfortable.
        point_odom: the obstacle's point then [m], None without one.
        contact_s: time until contact then [s], None without one.
    """

    begin_s: float
    end_s: float
    layer: str
    limited_by: str
    source: str
    reason: str
    scale: float
    allowed_mps: float
    stood: bool
    is_hard: bool
    point_odom: tuple[float, float] | None
    contact_s: float | None


class StopCollector:
    """Makes stops of moments, in the order of time."""

    def __init__(self) -> None:
        self._open: Stop | None = None

    @property
    def open_stop(self) -> Stop | None:
        """The stop that lasts, or ended less than a moment ago."""
        return self._open

    def add(self, moment: Moment) -> Stop | None:
        """Take in a moment; returns the stop that has ended with it, if one has."""
        now = self._open
        same = now is not None and (now.limited_by, now.source) == (moment.limited_by.name, moment.source)
        at_rest = moment.stands and not moment.is_wanted and not same
        if moment.limited_by in NOT_WORTH_A_WORD or (at_rest and moment.limited_by in NOT_WORTH_A_WORD_AT_REST):
            if now is None or 0.0 <= moment.stamp_s - now.end_s <= MERGE_S:
                return None
            self._open = None
            return now
        if now is not None and same and 0.0 <= moment.stamp_s - now.end_s <= MERGE_S:
            self._open = _go_on(now, moment)
            return None
        self._open = _begin(moment)
        return now

    def finish(self) -> Stop | None:
        """No more moments will come: the stop that still lasts, if one does."""
        stop, self._open = self._open, None
        return stop


def collect_stops(moments: Iterable[Moment]) -> list[Stop]:
    """All stops among moments in the order of time."""
    collector = StopCollector()
    ended = [collector.add(moment) for moment in moments]
    return [stop for stop in [*ended, collector.finish()] if stop is not None]


def _begin(moment: Moment) -> Stop:
    return Stop(
        moment.stamp_s, moment.stamp_s, LAYERS[moment.limited_by], moment.limited_by.name, moment.source, moment.reason,
        moment.scale, moment.allowed_mps, moment.stands, moment.is_hard, moment.point_odom, moment.contact_s,
    )  # fmt: skip


def _go_on(stop: Stop, moment: Moment) -> Stop:
    stop = replace(stop, end_s=moment.stamp_s, stood=stop.stood or moment.stands, is_hard=stop.is_hard or moment.is_hard)
    if moment.scale >= stop.scale:
        return stop
    return replace(
        stop, scale=moment.scale, allowed_mps=moment.allowed_mps, reason=moment.reason or stop.reason,
        point_odom=moment.point_odom or stop.point_odom, contact_s=moment.contact_s,
    )  # fmt: skip


def write_stop(stop: Stop) -> str:
    """One line of JSON."""
    return json.dumps(asdict(stop), allow_nan=False)


def read_stop(line: str) -> Stop | None:
    """The inverse of `write_stop`; None for what is none, e.g. a line that a crash has cut off."""
    try:
        values = json.loads(line)
        stop = Stop(**{field.name: values[field.name] for field in fields(Stop)})
        point = None if stop.point_odom is None else (float(stop.point_odom[0]), float(stop.point_odom[1]))
        return replace(stop, begin_s=float(stop.begin_s), end_s=float(stop.end_s), point_odom=point)
    except (ValueError, TypeError, KeyError, IndexError):
        return None


def describe_stop(stop: Stop, format_time: object = None) -> str:
    """Two lines for people: when, how much, what and where; then the sentence."""
    when = format_time(stop.begin_s) if callable(format_time) else f"{stop.begin_s:.2f} s"
    lasted_s = max(stop.end_s - stop.begin_s, 0.0)
    what = f"stood for {lasted_s:.1f} s" if stop.stood else f"slowed for {lasted_s:.1f} s, {100.0 * stop.scale:.0f} % allowed"
    hard = ", braked hard" if stop.is_hard else ""
    source = f", {stop.source}" if stop.source else ""
    where = f", at ({stop.point_odom[0]:.2f}, {stop.point_odom[1]:.2f}) in odom" if stop.point_odom else ""
    return f"{when}  {what}{hard}: {stop.layer} ({stop.limited_by}{source}){where}\n    {stop.reason}"


def finite_or_none(value: float) -> float | None:
    """The value, None for NaN and infinity."""
    return value if math.isfinite(value) else None
