"""Paired statistics against plain references, and what they must and must not claim."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import bootstrap

from astro_nav.evaluation.reports.statistics import (
    MIN_DIFFERING_PAIRS,
    compare_numbers,
    compare_shares,
    compute_tango_interval,
    compute_wilson_interval,
)


def draw_differences(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2.0, 1.0, count) - 1.6


@pytest.mark.parametrize(("count", "seed"), [(8, 1), (30, 2), (300, 3)])
def test_the_interval_is_scipys_bca_interval(count, seed):
    differences = draw_differences(count, seed)
    result = compare_numbers(np.zeros(count), differences)
    reference = bootstrap((differences,), np.mean, method="BCa", n_resamples=20_000, vectorized=True).confidence_interval
    width = reference.high - reference.low
    assert result.low == pytest.approx(reference.low, abs=0.05 * width)
    assert result.high == pytest.approx(reference.high, abs=0.05 * width)


def test_the_same_numbers_give_the_same_interval_bit_for_bit():
    differences = draw_differences(40, 4)
    assert compare_numbers(np.zeros(40), differences) == compare_numbers(np.zeros(40), differences)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Coverage of a mean of 40 skewed differences; 95 % promised, 300 tries, so 89 % would be five standard errors off."""
    held = 0
    for seed in range(300):
        values = np.random.default_rng(seed).exponential(1.0, 40)
        result = compare_numbers(np.zeros(40), values)
        held += result.low <= 1.0 <= result.high
    assert held / 300 > 0.89


def test_a_clear_difference_is_called_and_swapping_both_turns_it_around():
    rng = np.random.default_rng(5)
    before = rng.normal(10.0, 3.0, 60)  # pairs differ among themselves far more than A from B
    after = before + rng.normal(0.5, 0.3, 60)
    forth, back = compare_numbers(before, after), compare_numbers(after, before)
    assert (forth.sign, back.sign) == (1, -1)
    assert forth.difference == pytest.approx((after - before).mean())
    assert forth.low < forth.difference < forth.high


def test_equal_runs_cannot_be_told_apart():
    values = draw_differences(50, 6)
    result = compare_numbers(values, values.copy())
    assert result.sign == 0 and result.difference == result.low == result.high == 0.0 and result.why_not == "no pair differs"


def test_few_differing_pairs_prove_nothing_however_large():
    zeros = np.zeros(100)
    for count in range(1, MIN_DIFFERING_PAIRS):
        more = zeros.copy()
        more[:count] = 50.0
        assert compare_numbers(zeros, more).sign == 0
    assert compare_numbers(zeros[:1], zeros[:1] + 1.0).sign == 0


def score_by_hand(gained: int, lost: int, pairs: int, delta: float) -> float:
    """Tango's statistic with the restricted likelihood maximised on a fine grid instead of in closed form."""
    shares = np.linspace(1e-9, 1.0, 200_001)  # q21: share of "only A"; "only B" is q21 + delta
    first, both = shares + delta, 1.0 - 2.0 * shares - delta
    usable = (first > 1e-9) & (both > 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = gained * np.log(first) + lost * np.log(shares) + (pairs - gained - lost) * np.log(both)
    best = shares[usable][np.nanargmax(likelihood[usable])]
    return (gained - lost - pairs * delta) / math.sqrt(pairs * (2.0 * best + delta - delta**2))


@pytest.mark.parametrize(("gained", "lost", "pairs"), [(21, 9, 75), (1, 0, 44), (3, 3, 20), (0, 7, 30)])
def test_tangos_interval_ends_where_the_score_reaches_the_limit(gained, lost, pairs):
    low, high = compute_tango_interval(gained, lost, pairs)
    assert low < (gained - lost) / pairs < high
    assert score_by_hand(gained, lost, pairs, low) == pytest.approx(1.959964, abs=2e-3)
    assert score_by_hand(gained, lost, pairs, high) == pytest.approx(-1.959964, abs=2e-3)


def test_tangos_interval_stays_within_what_is_possible():
    for pairs in (1, 2, 7):
        for gained, lost in itertools.product(range(pairs + 1), repeat=2):
            if gained + lost <= pairs:
                low, high = compute_tango_interval(gained, lost, pairs)
                assert -1.0 <= low <= (gained - lost) / pairs <= high <= 1.0


def flags(gained: int, lost: int, both: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    a = [False] * gained + [True] * lost + [True] * both + [False] * neither
    b = [True] * gained + [False] * lost + [True] * both + [False] * neither
    return np.array(a), np.array(b)


def test_shares_are_judged_by_the_pairs_that_differ():
    # 2 * 0.5^6 = 3.1 % < 5 % < 2 * 0.5^5 = 6.3 %, however many pairs agree.
    assert compare_shares(*flags(6, 0, 500, 0)).sign == 1
    assert compare_shares(*flags(5, 0, 500, 0)).sign == 0
    assert compare_shares(*flags(0, 6, 20, 3)).sign == -1
    result = compare_shares(*flags(10, 8, 50, 2))
    assert result.sign == 0 and result.differing == 18 and "10 gained and 8 lost" in result.why_not
    assert result.difference == pytest.approx(2 / 70)


def test_wilsons_interval():
    # Newcombe 1998, table I: 81 of 263.
    low, high = compute_wilson_interval(81, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))
