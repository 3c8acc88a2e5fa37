"""What was heard of one frame: its transforms to its parent over the cache time, or one that holds for ever."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from tf2_ros.exceptions import ExtrapolationException
from tf2_ros.rigid_transform import RigidTransform


class ParentLink(NamedTuple):
    """A frame's parent and the transform to it."""

    parent: str
    transform: RigidTransform


class TransformHistory:
    """Transforms of a frame that moves, sorted by time.

    Args:
        cache_time_ns: What is older than the newest by more than this is dropped [ns].
    """

    is_static = False

    def __init__(self, cache_time_ns: int) -> None:
        self._cache_time_ns = cache_time_ns
        self._stamps_ns: list[int] = []
        self._links: list[ParentLink] = []

    def insert(self, stamp_ns: int, link: ParentLink) -> bool:
        """Adds one; returns False if it is older than the cache time. One of the same time is replaced."""
        stamps = self._stamps_ns
        if stamps and stamp_ns < stamps[-1] - self._cache_time_ns:
            return False
        index = bisect_left(stamps, stamp_ns)
        if index < len(stamps) and stamps[index] == stamp_ns:
            self._links[index] = link
            return True
        stamps.insert(index, stamp_ns)
        self._links.insert(index, link)
        outdated = bisect_left(stamps, stamps[-1] - self._cache_time_ns)
        if outdated:
            del stamps[:outdated], self._links[:outdated]
        return True

    def clear(self) -> None:
        """Forgets everything."""
        self._stamps_ns.clear()
        self._links.clear()

    def find_latest(self) -> tuple[int, ParentLink] | None:
        """Returns time [ns] and link of the newest, None when there is none."""
        return (self._stamps_ns[-1], self._links[-1]) if self._stamps_ns else None

    def evaluate(self, time_ns: int) -> ParentLink:
        """Returns the link at a time, interpolated between its neighbours.

        Raises:
            ExtrapolationException: The time is not between oldest and newest.
        """
        stamps, links = self._stamps_ns, self._links
        after = bisect_right(stamps, time_ns)
        if after and stamps[after - 1] == time_ns:
            return links[after - 1]
        if 0 < after < len(stamps):
            before = links[after - 1]
            if before.parent != links[after].parent:
                return before  # it changed parents in between: nothing to interpolate
            ratio = (time_ns - stamps[after - 1]) / (stamps[after] - stamps[after - 1])
            return ParentLink(before.parent, before.transform.interpolate(links[after].transform, ratio))
        raise ExtrapolationException(self._explain_missing(time_ns))

    def _explain_missing(self, time_ns: int) -> str:
        stamps = self._stamps_ns
        asked = format_time(time_ns)
        if not stamps:
            return f"Lookup would require extrapolation at time {asked}, but no data is in the buffer"
        if len(stamps) == 1:
            return f"Lookup would require extrapolation at time {asked}, but only time {format_time(stamps[0])} is in the buffer"
        if time_ns > stamps[-1]:
            return (f"Lookup would require extrapolation into the future.  Requested time {asked} "
                    f"but the latest data is at time {format_time(stamps[-1])}")
        return (f"Lookup would require extrapolation into the past.  Requested time {asked} "
                f"but the earliest data is at time {format_time(stamps[0])}")


class StaticTransform:
    """The transform of a frame that does not move relative to its parent."""

    is_static = True

    def __init__(self, link: ParentLink) -> None:
        self._link = link

    def clear(self) -> None:
        """Does nothing: it holds before and after every jump of time."""

    def find_latest(self) -> tuple[int, ParentLink]:
        """Returns time 0, which stands for every time, and the link."""
        return 0, self._link

    def evaluate(self, time_ns: int) -> ParentLink:  # noqa: ARG002 - the same at every time
        """Returns the link."""
        return self._link


def format_time(time_ns: int) -> str:
    """Returns a time in seconds with six decimals, as tf2 prints it."""
    return f"{time_ns // 1_000_000_000}.{time_ns % 1_000_000_000 // 1000:06d}"
