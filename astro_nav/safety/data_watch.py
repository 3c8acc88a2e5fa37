"""Ages of the data that the robot moves by, and why messages were not used."""

from __future__ import annotations

import math

from astro_nav.safety.hold import Hold, fade
from astro_nav.types import LimitedBy

# A refused message is worth a word for this long.
REFUSAL_MEMORY_S = 1.0
# How reasons begin that are about transforms.
TRANSFORM_WORDS = "no transform"


class DataWatch:
    """Turns ages into holds that slow the robot in proportion before they stop it."""

    def __init__(self) -> None:
        self._refusals: dict[str, tuple[float, str]] = {}
        self._void = ""

    def refuse(self, source: str, received_s: float, problem: str) -> None:
        """Remember why a message of a topic was not used; "" forgets it."""
        if problem:
            self._refusals[source] = (received_s, problem)
        else:
            self._refusals.pop(source, None)

    def find_refusal(self, source: str, now_s: float) -> str:
        """Why the last message of a topic was not used, "" when it was, or when that is long ago."""
        received_s, sentence = self._refusals.get(source, (-math.inf, ""))
        return sentence if abs(now_s - received_s) <= REFUSAL_MEMORY_S else ""

    def void_all(self, sentence: str) -> None:
        """All data became void; said until there is fresh data again."""
        self._void = sentence
        self._refusals.clear()

    def accept_all(self) -> None:
        """There is fresh data of every kind."""
        self._void = ""

    def judge_age(
        self, kind: LimitedBy, source: str, age_s: float, slow_after_s: float, stop_after_s: float, now_s: float
    ) -> Hold | None:
        """The hold for data of an age, None while it is fresh. Whoever knows why it is missing is quoted."""
        scale = fade(age_s, slow_after_s, stop_after_s)
        if scale >= 1.0:
            return None
        quoted = self.find_refusal(source, now_s)
        if quoted:
            kind = LimitedBy.TRANSFORM if quoted.startswith(TRANSFORM_WORDS) else LimitedBy.BAD_INPUT
        elif self._void:
            kind, quoted = LimitedBy.CLOCK, self._void

        def explain() -> str:
            if quoted:
                return quoted
            if math.isinf(age_s):
                return f"waiting for {source}: no message yet"
            return (
                f"{source} is {age_s:.2f} s old (slows after {slow_after_s:g} s, stands at {stop_after_s:g} s): check its driver"
            )

        return Hold(kind, scale, source, explain, hard=scale == 0.0)
