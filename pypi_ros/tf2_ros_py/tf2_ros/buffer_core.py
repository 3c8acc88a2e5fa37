"""The tree of frames over time. Knows messages, but neither clocks nor topics."""

from __future__ import annotations

import math
import threading

from builtin_interfaces.msg import Time as TimeMessage
from geometry_msgs.msg import TransformStamped
from rclpy.duration import Duration
from rclpy.logging import get_logger
from rclpy.time import Time

from tf2_ros.exceptions import (
    ConnectivityException,
    ExtrapolationException,
    InvalidArgumentException,
    LookupException,
    TransformException,
)
from tf2_ros.rigid_transform import IDENTITY, RigidTransform
from tf2_ros.transform_history import ParentLink, StaticTransform, TransformHistory

_NANOSECONDS_PER_S = 1_000_000_000
_DEFAULT_CACHE_TIME_NS = 10 * _NANOSECONDS_PER_S
# How far a quaternion's squared length may be from 1, as in tf2.
_QUATERNION_TOLERANCE = 10e-3
_MAX_DEPTH = 1000

Moment = Time | TimeMessage | Duration


class BufferCore:
    """Takes in transforms and joins them to chains. Any method may be called from any thread.

    Args:
        cache_time: How far back a moving frame is remembered, 10 s if not given.
    """

    def __init__(self, cache_time: Duration | None = None) -> None:
        self._cache_time_ns = _DEFAULT_CACHE_TIME_NS if cache_time is None else to_nanoseconds(cache_time)
        self._histories: dict[str, TransformHistory | StaticTransform] = {}
        self._authorities: dict[str, str] = {}
        self._frames: set[str] = set()
        # Reentrant, and also what `Buffer` waits on for new data: it asks again while it holds it.
        self._changed = threading.Condition(threading.RLock())

    def set_transform(self, transform: TransformStamped, authority: str) -> None:
        """Takes in a transform that holds at its time; one that cannot be used is logged and ignored.

        Args:
            transform: The child frame's pose in the frame of the header.
            authority: Who says so, for diagnosis.
        """
        self._insert(transform, authority, static=False)

    def set_transform_static(self, transform: TransformStamped, authority: str) -> None:
        """Takes in a transform that holds at every time. Arguments as for `set_transform`."""
        self._insert(transform, authority, static=True)

    def clear(self) -> None:
        """Forgets what moves; frames stay known, static transforms stay valid."""
        with self._changed:
            for history in self._histories.values():
                history.clear()

    def lookup_transform_core(self, target_frame: str, source_frame: str, time: Moment) -> TransformStamped:
        """Returns the pose of the source frame in the target frame.

        Args:
            target_frame: Frame in which the pose is expressed.
            source_frame: Frame whose pose is asked for.
            time: When; 0 for the latest time at which all of the chain is known.

        Raises:
            InvalidArgumentException: A name is empty or begins with a slash.
            LookupException: A frame is unknown.
            ConnectivityException: No chain joins the frames.
            ExtrapolationException: Nothing is known around that time.
        """
        time_ns = to_nanoseconds(time)
        with self._changed:
            transform, time_ns = self._lookup(target_frame, source_frame, time_ns)
        return _to_message(target_frame, source_frame, time_ns, transform)

    def lookup_transform_full_core(self, target_frame: str, target_time: Moment, source_frame: str, source_time: Moment,
                                   fixed_frame: str) -> TransformStamped:
        """Returns the pose that the source frame had at one time in the target frame at another.

        Args:
            target_frame: Frame in which the pose is expressed.
            target_time: When the target frame is looked at, 0 for the latest; the time of the result.
            source_frame: Frame whose pose is asked for.
            source_time: When the source frame is looked at, 0 for the latest.
            fixed_frame: Frame that stands still between the two times.

        Raises:
            TransformException: As for `lookup_transform_core`.
        """
        with self._changed:
            for frame in (target_frame, source_frame, fixed_frame):
                self._check_frame(frame)
            fixed_source, _ = self._lookup(fixed_frame, source_frame, to_nanoseconds(source_time))
            target_fixed, time_ns = self._lookup(target_frame, fixed_frame, to_nanoseconds(target_time))
        return _to_message(target_frame, source_frame, time_ns, target_fixed.compose(fixed_source))

    def can_transform_core(self, target_frame: str, source_frame: str, time: Moment) -> tuple[bool, str]:
        """Returns whether `lookup_transform_core` would succeed, and why not."""
        try:
            with self._changed:
                self._lookup(target_frame, source_frame, to_nanoseconds(time))
        except TransformException as error:
            return False, str(error)
        return True, ""

    def can_transform_full_core(self, target_frame: str, target_time: Moment, source_frame: str, source_time: Moment,
                                fixed_frame: str) -> tuple[bool, str]:
        """Returns whether `lookup_transform_full_core` would succeed, and why not."""
        try:
            self.lookup_transform_full_core(target_frame, target_time, source_frame, source_time, fixed_frame)
        except TransformException as error:
            return False, str(error)
        return True, ""

    def get_latest_common_time(self, target_frame: str, source_frame: str) -> Time:
        """Returns the latest time at which the whole chain is known, 0 if nothing in it moves.

        Raises:
            TransformException: As for `lookup_transform_core`.
        """
        with self._changed:
            self._check_frame(target_frame)
            self._check_frame(source_frame)
            return Time(nanoseconds=self._find_latest_common_time(target_frame, source_frame))

    def all_frames_as_yaml(self) -> str:
        """Returns who said last what about every frame, as a YAML mapping."""
        lines = []
        with self._changed:
            for frame, history in sorted(self._histories.items()):
                if latest := history.find_latest():
                    stamp_ns, link = latest
                    lines.append(f"{frame}: \n  parent: '{link.parent}'\n  broadcaster: '{self._authorities[frame]}'\n"
                                 f"  most_recent_transform: {stamp_ns / _NANOSECONDS_PER_S:.6f}\n")
        return "".join(lines) or "[]"

    def _insert(self, message: TransformStamped, authority: str, *, static: bool) -> None:
        child, parent = message.child_frame_id.removeprefix("/"), message.header.frame_id.removeprefix("/")
        t, q = message.transform.translation, message.transform.rotation
        transform = RigidTransform((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))
        if problem := _find_problem(child, parent, transform):
            get_logger("tf2").error(f"Ignoring transform '{parent}' -> '{child}' from {authority}: {problem}", throttle_duration_sec=1.0)
            return
        link = ParentLink(parent, transform)
        with self._changed:
            history = self._histories.get(child)
            if static:
                self._histories[child] = StaticTransform(link)
            else:
                if history is None or history.is_static:
                    history = self._histories[child] = TransformHistory(self._cache_time_ns)
                if not history.insert(to_nanoseconds(message.header.stamp), link):
                    get_logger("tf2").warning(
                        f"Ignoring transform '{parent}' -> '{child}' from {authority}: older than the newest by more than "
                        f"the cache time of {self._cache_time_ns / _NANOSECONDS_PER_S:g} s: check the clocks of its publishers",
                        throttle_duration_sec=1.0)
                    return
            self._authorities[child] = authority
            self._frames.update((child, parent))
            self._changed.notify_all()

    def _check_frame(self, frame: str) -> None:
        if not frame:
            raise InvalidArgumentException("a frame name cannot be empty")
        if frame.startswith("/"):
            raise InvalidArgumentException(f'frame "{frame}" cannot start with a "/"')
        if frame not in self._frames:
            raise LookupException(f'frame "{frame}" does not exist: nobody has published it')

    def _lookup(self, target: str, source: str, time_ns: int) -> tuple[RigidTransform, int]:
        """Returns the transform and the time at which it holds [ns]."""
        if target == source:
            return IDENTITY, time_ns or self._find_latest_common_time(target, source)
        self._check_frame(target)
        self._check_frame(source)
        if time_ns == 0:
            time_ns = self._find_latest_common_time(target, source)
        # From the source upwards: transforms that take the source to each of its ancestors.
        root_from_source = {source: IDENTITY}
        missing: ExtrapolationException | None = None
        frame, transform = source, IDENTITY
        while frame != target and (history := self._histories.get(frame)):
            try:
                link = history.evaluate(time_ns)
            except ExtrapolationException as error:
                missing = error  # the target may still join the chain below this point
                break
            frame, transform = link.parent, link.transform.compose(transform)
            self._check_loop(frame, root_from_source)
            root_from_source[frame] = transform
        # From the target upwards, until both chains meet.
        frame, target_chain, seen = target, IDENTITY, {target}
        while frame not in root_from_source:
            history = self._histories.get(frame)
            if history is None:
                if missing is not None:
                    raise ExtrapolationException(_add_frames(missing, target, source)) from None
                raise ConnectivityException(_explain_separation(target, source))
            try:
                link = history.evaluate(time_ns)
            except ExtrapolationException as error:
                raise ExtrapolationException(_add_frames(error, target, source)) from None
            frame, target_chain = link.parent, link.transform.compose(target_chain)
            self._check_loop(frame, seen)
            seen.add(frame)
        return target_chain.invert().compose(root_from_source[frame]), time_ns

    def _find_latest_common_time(self, target: str, source: str) -> int:
        """Returns the oldest of the newest stamps along the chain [ns], 0 if nothing in it moves."""
        if target == source:
            history = self._histories.get(source)
            latest = history.find_latest() if history else None
            return latest[0] if latest else 0
        # Ancestors of the source, each with the oldest stamp on the way to it.
        oldest_to = self._walk_latest(source, {})
        for frame, oldest_ns in self._walk_latest(target, oldest_to).items():
            if frame in oldest_to:
                stamps = [stamp for stamp in (oldest_ns, oldest_to[frame]) if stamp]
                return min(stamps, default=0)
        raise ConnectivityException(_explain_separation(target, source))

    def _walk_latest(self, frame: str, stop_at: dict[str, int]) -> dict[str, int]:
        """Returns a frame and its ancestors, in this order, each with the oldest of the newest stamps on the way (0: nothing moves)."""
        oldest = {frame: 0}
        oldest_ns = 0
        while frame not in stop_at and (history := self._histories.get(frame)) and (latest := history.find_latest()):
            stamp_ns, link = latest
            oldest_ns = min(oldest_ns, stamp_ns) if oldest_ns and stamp_ns else oldest_ns or stamp_ns
            frame = link.parent
            self._check_loop(frame, oldest)
            oldest[frame] = oldest_ns
        return oldest

    @staticmethod
    def _check_loop(frame: str, seen: dict[str, object] | set[str]) -> None:
        if frame in seen or len(seen) > _MAX_DEPTH:
            raise LookupException(f'the tf tree is invalid because it contains a loop through "{frame}"')


def to_nanoseconds(moment: Moment) -> int:
    """Returns a time or duration of rclpy or of a message in nanoseconds.

    Raises:
        TypeError: It is neither.
    """
    nanoseconds = getattr(moment, "nanoseconds", None)
    if nanoseconds is not None:
        return nanoseconds
    try:
        return moment.sec * _NANOSECONDS_PER_S + moment.nanosec
    except AttributeError:
        raise TypeError(f"time must have sec and nanosec, or nanoseconds, {moment!r} has neither") from None


def _find_problem(child: str, parent: str, transform: RigidTransform) -> str | None:
    """Returns why a transform cannot be taken in, or None."""
    if not child:
        return "child_frame_id is empty"
    if not parent:
        return "header.frame_id is empty"
    if child == parent:
        return "frame_id and child_frame_id are the same"
    if not all(map(math.isfinite, (*transform.translation, *transform.rotation))):
        return f"a value is not finite: {tuple(transform.translation)}, {tuple(transform.rotation)}"
    squared = sum(component * component for component in transform.rotation)
    if abs(squared - 1.0) >= _QUATERNION_TOLERANCE:
        return f"the quaternion's squared length is {squared:.3f}, it must be 1 within {_QUATERNION_TOLERANCE:g}"
    return None


def _to_message(target: str, source: str, time_ns: int, transform: RigidTransform) -> TransformStamped:
    message = TransformStamped()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(time_ns, _NANOSECONDS_PER_S)
    message.header.frame_id = target
    message.child_frame_id = source
    translation, rotation = message.transform.translation, message.transform.rotation
    translation.x, translation.y, translation.z = transform.translation
    rotation.x, rotation.y, rotation.z, rotation.w = transform.rotation
    return message


def _add_frames(error: ExtrapolationException, target: str, source: str) -> str:
    return f"{error}, when looking up transform from frame [{source}] to frame [{target}]"


def _explain_separation(target: str, source: str) -> str:
    return f"Could not find a connection between '{target}' and '{source}' because they are not part of the same tree. Tf has two or more unconnected trees."
