"""The newest parts of the page, and those who watch them.

There is no queue: a watcher who can take more gets the newest of every part that it has not seen, so one that is slow misses what is in
between, and costs no memory. All watchers share the same bytes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from astro_nav.viewer.encoding import ViewError

MAX_WATCHERS = 128


@dataclass(frozen=True)
class News:
    """A part that a watcher has not seen: its name, its age [s], its JSON."""

    name: str
    age_s: float
    value: bytes


class Hub:
    """Parts by name; safe to use from several threads.

    Args:
        max_watchers: how many may watch at once.
    """

    def __init__(self, max_watchers: int = MAX_WATCHERS) -> None:
        self._max_watchers = max_watchers
        self._changed = threading.Condition()
        self._parts: dict[str, tuple[int, float, bytes]] = {}
        self._version = 0
        self._watchers = 0
        self._is_closed = False

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return self._watchers

    def publish(self, parts: Mapping[str, bytes]) -> None:
        """Replace parts by newer ones."""
        if not parts:
            return
        with self._changed:
            self._version += 1
            now_s = time.monotonic()
            self._parts.update((name, (self._version, now_s, value)) for name, value in parts.items())
            self._changed.notify_all()

    def forget(self, kept: tuple[str, ...] = ()) -> None:
        """Forget all parts but those that are named."""
        with self._changed:
            self._parts = {name: part for name, part in self._parts.items() if name in kept}

    def watch(self) -> Watcher:
        """Begin to watch.

        Raises:
            ViewError: when too many do.
        """
        with self._changed:
            if self._watchers >= self._max_watchers:
                raise ViewError(f"{self._watchers} pages are watching, no more than {self._max_watchers} can: close one of them")
            self._watchers += 1
        return Watcher(self)

    def close(self) -> None:
        """Send all watchers home."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _take_news(self, seen: int, timeout_s: float) -> tuple[int, list[News] | None]:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._version > seen, timeout_s)
            if self._is_closed:
                return seen, None
            now_s = time.monotonic()
            news = [News(name, now_s - since_s, value) for name, (version, since_s, value) in self._parts.items() if version > seen]
            return self._version, news

    def _leave(self) -> None:
        with self._changed:
            self._watchers -= 1


class Watcher:
    """One who watches; a context that ends the watching. For one thread."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._seen = hub, 0

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *problem: object) -> None:
        self._hub._leave()

    def wait_for_news(self, timeout_s: float) -> list[News] | None:
        """Parts that are newer than those taken before, empty when none came in time, None when the hub is closed."""
        self._seen, news = self._hub._take_news(self._seen, timeout_s)
        return news
