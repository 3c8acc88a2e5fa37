"""What is said about a decision, calm enough to be read."""

from __future__ import annotations

import math

from astro_nav.params.safety_controller import ReportParams
from astro_nav.safety.hold import Hold
from astro_nav.types import LimitedBy

SIDES = (
    "ahead",
    "ahead on the left",
    "on the left",
    "behind on the left",
    "behind",
    "behind on the right",
    "on the right",
    "ahead on the right",
)


class Reporter:
    """Chooses the reason that is shown.

    A stricter reason replaces a milder one at once; a milder one, or none, only after the present one has been shown for
    `hold_s`. Sentences with numbers in them are renewed no more often than that. Commands do not wait for this.
    """

    def __init__(self, params: ReportParams) -> None:
        self._params = params
        self._limited_by = LimitedBy.NOTHING
        self._source = ""
        self._sentence = ""
        self._scale = 1.0
        self._said_s = -math.inf
        self._seen_s = -math.inf

    def update_params(self, params: ReportParams) -> None:
        """Swap in new parameters."""
        self._params = params

    @property
    def limited_by(self) -> LimitedBy:
        """The reason shown."""
        return self._limited_by

    @property
    def source(self) -> str:
        """Topic or sensor behind it."""
        return self._source

    @property
    def sentence(self) -> str:
        """One sentence."""
        return self._sentence

    def report(self, hold: Hold | None, steady_s: float) -> None:
        """Take in the strictest hold of this period, None when nothing limits."""
        shown = hold is not None and hold.scale < 1.0 - self._params.min_slowdown
        if not shown:
            if self._limited_by is not LimitedBy.NOTHING and steady_s - self._seen_s >= self._params.hold_s:
                self._show(LimitedBy.NOTHING, "", "", 1.0, steady_s)
            return
        assert hold is not None
        same = hold.limited_by is self._limited_by and hold.source == self._source
        if same:
            self._seen_s = steady_s
        rested = steady_s - self._said_s >= self._params.hold_s
        stricter = hold.scale < self._scale - 1e-9
        stops_now = hold.scale == 0.0 and self._scale > 0.0
        if stops_now or rested or (stricter and not same):
            self._show(hold.limited_by, hold.source, hold.explain(), hold.scale, steady_s)

    def _show(self, limited_by: LimitedBy, source: str, sentence: str, scale: float, steady_s: float) -> None:
        self._limited_by, self._source, self._sentence, self._scale = limited_by, source, sentence, scale
        self._said_s = self._seen_s = steady_s


def describe_side(x_m: float, y_m: float) -> str:
    """Where a point in base_link is, in words."""
    return SIDES[int(round(math.atan2(y_m, x_m) / (0.25 * math.pi))) % 8]
