"""Is B better than A? Episodes of two runs in pairs, each pair in the same world with the same noise.

The differences of pairs are bootstrapped, because they are not normal: most are small, some large. What is yes or no
(success) is compared by the pairs in which exactly one of both succeeded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binomtest, norm

from astro_nav.types import FloatArray

RESAMPLES = 9999
BOOTSTRAP_SEED = 20_231
CHUNK = 2_000_000  # numbers drawn at once
# With fewer differing pairs even a unanimous sign test would not reach 5 %: 2 / 2^5 = 6 %, 2 / 2^6 = 3 %.
MIN_DIFFERING_PAIRS = 6


@dataclass(frozen=True)
class PairedDifference:
    """B minus A over pairs.

    Attributes:
        pairs: how many.
        differing: in how many of them A and B are not equal.
        mean_a, mean_b: over the pairs.
        difference: mean of B minus A.
        low, high: interval of that difference.
        sign: +1 or -1 when the difference is not chance, 0 when that cannot be told.
        why_not: why it cannot be told, "" when it can.
    """

    pairs: int
    differing: int
    mean_a: float
    mean_b: float
    difference: float
    low: float
    high: float
    sign: int
    why_not: str = ""


def compare_numbers(values_a: FloatArray, values_b: FloatArray, confidence: float = 0.95) -> PairedDifference:
    """Compare numbers in pairs (N,), N >= 1.

    The interval is the bias-corrected and accelerated bootstrap of the mean difference.

    Source: B. Efron, "Better bootstrap confidence intervals", 1987. Deterministic: its seed is fixed.
    """
    differences = values_b - values_a
    differing = int((differences != 0.0).sum())
    low, high = _bootstrap_mean(differences, confidence)
    sign, why_not = 0, ""
    if differing == 0:
        why_not = "no pair differs"
    elif differing < MIN_DIFFERING_PAIRS:
        why_not = f"only {differing} {'pair differs' if differing == 1 else 'pairs differ'}, at least {MIN_DIFFERING_PAIRS} must"
    elif low > 0.0 or high < 0.0:
        sign = 1 if low > 0.0 else -1
    else:
        why_not = "the interval holds zero"
    return PairedDifference(
        len(differences), differing, float(values_a.mean()), float(values_b.mean()), float(differences.mean()), low, high, sign, why_not
    )


def compare_shares(flags_a: np.ndarray, flags_b: np.ndarray, confidence: float = 0.95) -> PairedDifference:
    """Compare yes and no in pairs (N,) of bool, N >= 1.

    The difference counts as real when McNemar's exact test says so; the interval is Tango's score interval.

    Source: Q. McNemar, Psychometrika 12, 1947; T. Tango, "Equivalence test and confidence interval for the difference in
    proportions for the paired-sample design", Statistics in Medicine 17, 1998.
    """
    flags_a, flags_b = np.asarray(flags_a, dtype=bool), np.asarray(flags_b, dtype=bool)
    gained, lost, pairs = int((flags_b & ~flags_a).sum()), int((flags_a & ~flags_b).sum()), len(flags_a)
    low, high = compute_tango_interval(gained, lost, pairs, confidence)
    chance = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    sign, why_not = 0, ""
    if chance <= 1.0 - confidence and (low > 0.0 or high < 0.0):
        sign = 1 if gained > lost else -1
    elif gained + lost == 0:
        why_not = "no pair differs"
    else:
        why_not = f"{gained} gained and {lost} lost: p = {chance:.2f}"
    return PairedDifference(
        pairs, gained + lost, float(flags_a.mean()), float(flags_b.mean()), (gained - lost) / pairs, low, high, sign, why_not
    )


def compute_tango_interval(gained: int, lost: int, pairs: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the difference of two paired shares, (gained - lost) / pairs.

    Args:
        gained, lost: pairs in which only B, only A, has the property.
        pairs: all pairs, N.

    Symbols of the source: b = gained, c = lost, n = pairs, delta = difference of the shares.
    """
    limit = float(norm.ppf(0.5 + 0.5 * confidence))

    def score(delta: float) -> float:
        """The statistic minus nothing: standard normal when the true difference is delta."""
        linear = -gained - lost + (2 * pairs - gained + lost) * delta
        root = math.sqrt(max(linear**2 - 8.0 * pairs * (-lost * delta * (1.0 - delta)), 0.0))
        q21 = (root - linear) / (4.0 * pairs)  # the share of "only A" that fits best, given delta
        variance = pairs * (2.0 * q21 + delta * (1.0 - delta))
        excess = gained - lost - pairs * delta
        return excess / math.sqrt(variance) if variance > 1e-15 else math.copysign(math.inf, excess) if excess else 0.0

    observed, edge = (gained - lost) / pairs, 1.0 - 1e-12
    low = -1.0 if score(-edge) <= limit else brentq(lambda delta: score(delta) - limit, -edge, min(observed, edge), xtol=1e-12)
    high = 1.0 if score(edge) >= -limit else brentq(lambda delta: score(delta) + limit, max(observed, -edge), edge, xtol=1e-12)
    return float(low), float(high)


def compute_wilson_interval(successes: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    interval = binomtest(successes, count).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def _bootstrap_mean(values: FloatArray, confidence: float) -> tuple[float, float]:
    """BCa interval of the mean of (N,); written out, because SciPy's changes its arguments between versions."""
    count = len(values)
    if np.ptp(values) == 0.0:
        return float(values[0]), float(values[0])
    rng = np.random.Generator(np.random.PCG64(BOOTSTRAP_SEED))
    rows = max(1, CHUNK // count)
    begins = range(0, RESAMPLES, rows)
    means = np.concatenate([values[rng.integers(0, count, (min(rows, RESAMPLES - k), count))].mean(axis=1) for k in begins])
    mean = values.mean()
    below = 0.5 * ((means < mean).mean() + (means <= mean).mean())
    bias = norm.ppf(below)
    away = (values - mean) / (count - 1)  # mean of all minus the mean without one
    acceleration = (away**3).sum() / (6.0 * (away**2).sum() ** 1.5)
    normal = bias + norm.ppf([0.5 - 0.5 * confidence, 0.5 + 0.5 * confidence])
    shares = norm.cdf(bias + normal / (1.0 - acceleration * normal))
    low, high = np.quantile(means, shares)
    return float(low), float(high)
