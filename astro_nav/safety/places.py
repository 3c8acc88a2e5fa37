"""What a look of the lidar says about a place: free, taken, or not seen; and the readings around any of its rays."""

from __future__ import annotations

import numpy as np

from astro_nav.types import FloatArray

PLACE_FREE, PLACE_HIDDEN, PLACE_TAKEN = 1, 0, -1
# Most rays to each side that are looked at around a place.
MOST_RAYS = 63


class Extremes:
    """Nearest and furthest reading among any ray and its neighbours, in one look-up: of spans that double in length."""

    def __init__(self, ranges_m: FloatArray) -> None:
        count = len(ranges_m)
        low = np.where(np.isnan(ranges_m), np.inf, ranges_m)
        high = np.where(np.isnan(ranges_m), -np.inf, ranges_m)
        self._count, lows, highs = count, [low], [high]
        length = 1
        while 2 * length <= min(count, 2 * MOST_RAYS + 1):
            low = np.append(np.minimum(low[:-length], low[length:]), low[len(low) - length :])
            high = np.append(np.maximum(high[:-length], high[length:]), high[len(high) - length :])
            lows.append(low)
            highs.append(high)
            length *= 2
        self._low_table, self._high_table = np.stack(lows), np.stack(highs)

    def find(self, rays: np.ndarray, reach: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """(N,) nearest and furthest among each ray and `reach` neighbours on either side; there are none beyond the ends."""
        first = np.clip(rays - reach, 0, self._count - 1)
        last = np.clip(rays + reach, 0, self._count - 1)
        level = (np.frexp(last - first + 1)[1] - 1).astype(np.int64)
        second = last + 1 - (1 << level)
        lows, highs = self._low_table, self._high_table
        return (
            np.minimum(lows[level, first], lows[level, second]),
            np.maximum(highs[level, first], highs[level, second]),
        )
