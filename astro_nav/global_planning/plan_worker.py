"""Planning in a thread of its own, so that whoever asks stays free. The newest map and the newest question win."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from astro_nav.errors import MapError
from astro_nav.global_planning.cost_map import CostMap, MapChange
from astro_nav.global_planning.passage_memory import PassageRecord
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.zones import Zone
from astro_nav.global_planning.questions import RouteAnswer, RouteQuestion, answer_question, answer_timeout
from astro_nav.types import OccupancyMap


@dataclass(frozen=True)
class MapTaken:
    """A map was taken, or refused with a sentence."""

    occupancy_map: OccupancyMap
    change: MapChange
    refusal: str
    duration_s: float
    memory_bytes: int


@dataclass(frozen=True)
class RouteFound:
    """A question was answered."""

    question: RouteQuestion
    answer: RouteAnswer
    duration_s: float


@dataclass(frozen=True)
class DoorsFound:
    """The passages of the newest map were found, with what is known of them."""

    map_key: str
    records: list[PassageRecord]
    duration_s: float


@dataclass(frozen=True)
class ZonesTaken:
    """Other zones hold from now on."""

    zones: tuple[Zone, ...]


News = MapTaken | RouteFound | DoorsFound | ZonesTaken


class PlanWorker:
    """Owns a GlobalPlanner and the thread that uses it.

    Args:
        planner: used by no other thread from now on.
        report: called in the thread with what has happened; must return at once.
        read_clock_s: a monotonic clock, for time limits and durations.
        read_stamp_s: the time for stamps.
        find_doors: finds the passages of a map; called when nobody waits for a way.
    """

    def __init__(
        self,
        planner: GlobalPlanner,
        report: Callable[[News], None],
        read_clock_s: Callable[[], float],
        read_stamp_s: Callable[[], float],
        find_doors: Callable[[CostMap], tuple[str, list[PassageRecord]]] | None = None,
    ) -> None:
        self._planner, self._report = planner, report
        self._read_clock_s, self._read_stamp_s = read_clock_s, read_stamp_s
        self._time_limit_s = planner.params.search.time_limit_s
        self._news = threading.Condition()
        self._map: OccupancyMap | None = None
        self._zones: tuple[Zone, ...] | None = None
        self._question: RouteQuestion | None = None
        self._stopping = False
        self._find_doors, self._doors_are_due = find_doors, False
        self._thread = threading.Thread(target=self._work, name="planning", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End the thread, a search included; returns whether it has ended in time."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def set_map(self, occupancy_map: OccupancyMap) -> None:
        """Have a map taken; a search under way is begun anew on it."""
        with self._news:
            self._map = occupancy_map
            self._news.notify()

    def set_zones(self, zones: Sequence[Zone]) -> None:
        """Have keep-out and slow zones taken."""
        with self._news:
            self._zones = tuple(zones)
            self._news.notify()

    def ask(self, question: RouteQuestion) -> None:
        """Have a question answered; one under way or waiting is dropped without an answer."""
        with self._news:
            self._question = question
            self._news.notify()

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._has_work())
                if self._stopping:
                    return
                occupancy_map, self._map = self._map, None
                zones, self._zones = self._zones, None
                question = None
                if occupancy_map is None:
                    question, self._question = self._question, None
            if zones is not None:
                self._planner.set_zones(zones)
                self._report(ZonesTaken(zones))
            if occupancy_map is not None:
                self._take_map(occupancy_map)
            elif question is not None:
                self._answer(question)
            elif self._doors_are_due:
                self._look_for_doors()

    def _has_work(self) -> bool:
        return self._stopping or self._map is not None or self._question is not None or self._doors_are_due or self._zones is not None

    def _look_for_doors(self) -> None:
        self._doors_are_due = False
        if self._find_doors is None or self._planner.cost_map is None:
            return
        began_s = self._read_clock_s()
        map_key, records = self._find_doors(self._planner.cost_map)
        self._report(DoorsFound(map_key, records, self._read_clock_s() - began_s))

    def _take_map(self, occupancy_map: OccupancyMap) -> None:
        began_s = self._read_clock_s()
        change, refusal = MapChange.NOTHING, ""
        try:
            change = self._planner.set_map(occupancy_map)
            self._doors_are_due |= change is not MapChange.NOTHING and self._find_doors is not None
        except MapError as error:
            refusal = str(error)
        duration_s = self._read_clock_s() - began_s
        self._report(MapTaken(occupancy_map, change, refusal, duration_s, self._planner.memory_bytes))

    def _answer(self, question: RouteQuestion) -> None:
        began_s = self._read_clock_s()

        def is_out_of_date() -> bool:
            return self._stopping or self._map is not None or self._question is not None

        def is_over() -> bool:
            return is_out_of_date() or self._read_clock_s() - began_s > self._time_limit_s

        answer = answer_question(self._planner, question, self._read_stamp_s(), is_over)
        with self._news:
            if is_out_of_date() and not answer.is_found:
                if self._question is None:
                    self._question = question  # only the map has changed
                return
        duration_s = self._read_clock_s() - began_s
        self._report(RouteFound(question, answer_timeout(question, answer, self._time_limit_s), duration_s))
