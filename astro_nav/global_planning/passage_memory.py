"""What was lived through at each passage, and what that says about finding it open now.

Two things are believed: what is usual at this hour of the day, and what was seen last. The usual is a Beta distribution
whose counts fall off exponentially with age and with distance in hours of the day; what was seen last fades into it
(a two-state Markov chain that relaxes to its usual state: T. Krajnik et al., "FreMEn", T-RO 33, 2017, with one hour-of-day
kernel in place of a spectrum).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from astro_nav.global_planning.passages import Passage
from astro_nav.params.global_planner import MemoryParams
from astro_nav.types import FloatArray

HOURS = 24
DAY_S = 86_400.0
NEWS_SHARE = 0.25  # so much more or less likely than was believed
CHEAP_M = 0.1  # a smaller expected price changes no way


@dataclass
class PassageRecord:
    """What is kept of one passage; everything but the passage itself is numbers.

    Attributes:
        passage: where it is.
        open_weights, closed_weights: (24,) counts per hour of the day, faded to `faded_s`.
        faded_s: time up to which the counts have faded.
        times_open, times_closed: how often it was seen so, never faded.
        first_s, last_s: when it was seen first and last, NaN = never.
        last_is_open: what it was then.
        counted_s: when it was counted last.
        changed_s: since when it has been seen in this state.
        closed_s: for how long it was seen closed, all together.
    """

    passage: Passage
    open_weights: FloatArray = field(default_factory=lambda: np.zeros(HOURS))
    closed_weights: FloatArray = field(default_factory=lambda: np.zeros(HOURS))
    faded_s: float = 0.0
    times_open: int = 0
    times_closed: int = 0
    first_s: float = math.nan
    last_s: float = math.nan
    last_is_open: bool = True
    counted_s: float = -math.inf
    changed_s: float = math.nan
    closed_s: float = 0.0

    @property
    def was_seen(self) -> bool:
        """Whether it was ever seen."""
        return self.times_open + self.times_closed > 0


class PassageMemory:
    """Beliefs about the passages of one map. Times are seconds since 1970; hours of the day are local.

    Args:
        params: ageing and prices.
        utc_offset_s: local time minus UTC.
    """

    def __init__(self, params: MemoryParams, utc_offset_s: float = 0.0) -> None:
        self._params, self._utc_offset_s = params, utc_offset_s
        self._records: dict[str, PassageRecord] = {}
        self.changes = 0

    @property
    def records(self) -> tuple[PassageRecord, ...]:
        """One per passage."""
        return tuple(self._records.values())

    @property
    def passages(self) -> tuple[Passage, ...]:
        """All passages."""
        return tuple(record.passage for record in self._records.values())

    def set_records(self, records: list[PassageRecord]) -> None:
        """Take the passages of another map, with what is known of them."""
        self._records = {record.passage.passage_id: record for record in records}

    def observe(self, passage_id: str, is_open: bool, now_s: float) -> bool:
        """Take note of how a passage is; returns whether that is news, so that another way may be better now.

        It is when it is not as it was seen last, and also when it was not counted on: a door that was closed yesterday, too,
        may have been believed to be open again.
        """
        record = self._records[passage_id]
        is_changed = record.last_is_open != is_open if record.was_seen else not is_open
        is_news = is_changed or abs(self.estimate_open(passage_id, now_s) - float(is_open)) > NEWS_SHARE
        if record.was_seen and not record.last_is_open:
            # It was seen closed before; what passed since counts as closed unless nobody looked for long.
            record.closed_s += min(max(now_s - record.last_s, 0.0), self._params.persistence_s)
        if is_changed or not record.was_seen:
            record.changed_s = now_s
        if is_changed or not record.was_seen or now_s - record.counted_s >= self._params.recount_s:
            self._count(record, is_open, now_s)
        record.first_s = now_s if math.isnan(record.first_s) else record.first_s
        record.last_s, record.last_is_open = now_s, is_open
        self.changes += 1
        return is_news

    def _count(self, record: PassageRecord, is_open: bool, now_s: float) -> None:
        fading = 0.5 ** (max(now_s - record.faded_s, 0.0) / self._params.half_life_s)
        record.open_weights, record.closed_weights = record.open_weights * fading, record.closed_weights * fading
        weights = record.open_weights if is_open else record.closed_weights
        weights[int(self._find_hour(now_s)) % HOURS] += 1.0
        record.times_open, record.times_closed = record.times_open + is_open, record.times_closed + (not is_open)
        record.faded_s = record.counted_s = now_s

    def estimate_open(self, passage_id: str, now_s: float) -> float:
        """Probability that a passage is open."""
        record, params = self._records[passage_id], self._params
        usual = self._estimate_usual(record, now_s)
        if not record.was_seen:
            return usual
        age_s = max(now_s - record.last_s, 0.0)
        return usual + (float(record.last_is_open) - usual) * math.exp(-age_s / params.persistence_s)

    def _estimate_usual(self, record: PassageRecord, now_s: float) -> float:
        params = self._params
        apart = np.abs(np.arange(HOURS) + 0.5 - self._find_hour(now_s))
        apart = np.minimum(apart, HOURS - apart)
        nearness = np.ones(HOURS) if params.hours_apart >= HOURS else np.exp(-0.5 * (apart / params.hours_apart) ** 2)
        fading = 0.5 ** (max(now_s - record.faded_s, 0.0) / params.half_life_s)
        opened, closed = (float((weights * nearness).sum()) * fading for weights in (record.open_weights, record.closed_weights))
        return (params.prior_weight * params.prior_open + opened) / (params.prior_weight + opened + closed)

    def _find_hour(self, now_s: float) -> float:
        return ((now_s + self._utc_offset_s) % DAY_S) / 3600.0

    def list_prices(self, now_s: float) -> FloatArray:
        """What passing is expected to cost extra, for searches.

        Returns:
            (M, 5): both jambs x, y, x, y [m] and the price [m].
        """
        rows = []
        for record in self._records.values():
            # Beyond what the map alone says: as long as nothing is known, ways are as without a memory.
            doubt = max(1.0 - self.estimate_open(record.passage.passage_id, now_s) / self._params.prior_open, 0.0)
            price_m = doubt * self._params.closed_price_m
            if price_m >= CHEAP_M:
                rows.append([*record.passage.ends_map.reshape(-1), price_m])
        return np.array(rows, dtype=np.float64).reshape(-1, 5)
