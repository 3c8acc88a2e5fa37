"""A robot that stands, but for a rounding error, can start in either direction."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.kernels.rollout import follow_limited

JERK, STEP_S = 4.0, 0.1


def follow(value: float, wanted: float, steps: int) -> list[float]:
    single = np.float32
    values, rate = [value], single(0.0)
    for _ in range(steps):
        rate = single(follow_limited(single(values[-1]), rate, single(wanted), single(0.8), single(1.0), single(JERK), single(STEP_S)))
        values.append(float(single(values[-1]) + rate * single(STEP_S)))
    return values


@pytest.mark.parametrize("rest", [0.0, -0.0, 1e-38, 1e-12, 1e-9, 3e-8, 1e-6, 9e-6])
@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("wanted", [1.0, -0.25])
def test_starts_from_a_rounding_error_beside_rest(rest: float, side: float, wanted: float) -> None:
    values = follow(side * rest, wanted, 10)
    assert values[-1] / wanted > 0.5
    reference = follow(0.0, wanted, 10)
    assert values == pytest.approx(reference, abs=1e-4)


@pytest.mark.parametrize("value", [1e-12, 1e-9, 1e-7, 1e-5, 1e-3])
def test_comes_to_rest_from_any_small_value(value: float) -> None:
    for side in (1.0, -1.0):
        assert abs(follow(side * value, 0.0, 20)[-1]) < max(1e-3 * value, 1e-12)
