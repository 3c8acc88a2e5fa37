"""Every candidate can be driven: no limit is exceeded at any state, whatever the candidate and the admissible start."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes.planning import STEP_S, draw_targets, load_weights, make_start, roll_out_all

WEIGHTS = load_weights()
TOLERANCE = 1e-4


def admit(fraction_v, fraction_omega, fraction_a, fraction_alpha, limits):
    """A start from which the limits can be kept: what a rollout itself could have led to."""
    v = fraction_v * (limits.max_speed if fraction_v > 0 else limits.max_reverse_speed)
    omega = fraction_omega * min(limits.max_turn_rate, (limits.max_wheel_speed - abs(v)) / limits.half_separation)
    # An acceleration that can be taken back before a limit is passed.
    room_v = (limits.max_speed - v) if fraction_a > 0 else (v + limits.max_reverse_speed)
    wheel = limits.max_wheel_speed - abs(v) - limits.half_separation * abs(omega)
    a_most = min(limits.acceleration, limits.deceleration, np.sqrt(limits.jerk * max(min(room_v, 0.5 * wheel), 0.0)))
    alpha_room = min(limits.max_turn_rate - abs(omega), 0.5 * wheel / limits.half_separation)
    alpha_most = min(limits.turn_acceleration, np.sqrt(limits.turn_jerk * max(alpha_room, 0.0)))
    return v, omega, fraction_a * a_most, fraction_alpha * alpha_most


@settings(max_examples=150, deadline=None)
@given(
    *(st.floats(-0.95, 0.95) for _ in range(4)),
    st.integers(0, 2**32 - 1),
)
def test_no_candidate_exceeds_a_limit(fraction_v, fraction_omega, fraction_a, fraction_alpha, seed):
    limits = WEIGHTS.limits
    v, omega, a, alpha = admit(fraction_v, fraction_omega, fraction_a, fraction_alpha, limits)
    targets = draw_targets(128, np.random.default_rng(seed))
    r = roll_out_all(make_start(v=v, omega=omega, a=a, alpha=alpha), targets, limits, WEIGHTS.law)
    assert r.v.max() <= limits.max_speed + TOLERANCE
    assert r.v.min() >= -limits.max_reverse_speed - TOLERANCE
    assert np.abs(r.omega).max() <= limits.max_turn_rate + TOLERANCE
    assert (np.abs(r.v) + limits.half_separation * np.abs(r.omega)).max() <= limits.max_wheel_speed + TOLERANCE
    strongest = max(limits.acceleration, limits.deceleration)
    assert np.abs(r.a).max() <= strongest + TOLERANCE
    assert np.abs(r.alpha).max() <= limits.turn_acceleration + TOLERANCE
    jerk = np.abs(np.diff(np.vstack([np.full(128, a, np.float32), r.a]), axis=0)) / STEP_S
    turn_jerk = np.abs(np.diff(np.vstack([np.full(128, alpha, np.float32), r.alpha]), axis=0)) / STEP_S
    assert jerk.max() <= limits.jerk * (1.0 + 1e-4) + 1e-3
    assert turn_jerk.max() <= limits.turn_jerk * (1.0 + 1e-4) + 1e-3


@settings(max_examples=50, deadline=None)
@given(st.floats(-0.95, 0.95), st.floats(-0.95, 0.95), st.integers(0, 2**32 - 1))
def test_speeding_up_and_braking_keep_their_own_limits(fraction_v, fraction_omega, seed):
    limits = WEIGHTS.limits
    v, omega, _, _ = admit(fraction_v, fraction_omega, 0.0, 0.0, limits)
    targets = draw_targets(128, np.random.default_rng(seed))
    r = roll_out_all(make_start(v=v, omega=omega), targets, limits, WEIGHTS.law)
    before = np.vstack([np.full(128, v, np.float32), r.v[:-1]])
    faster = np.abs(r.v) > np.abs(before) + 1e-6
    assert np.abs(r.a[faster]).max(initial=0.0) <= limits.acceleration + TOLERANCE


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_headings_stay_unit_vectors_and_positions_follow_the_speed(seed):
    targets = draw_targets(64, np.random.default_rng(seed))
    r = roll_out_all(make_start(v=0.5), targets, WEIGHTS.limits, WEIGHTS.law)
    np.testing.assert_allclose(r.cos**2 + r.sin**2, 1.0, atol=1e-5)
    moved = np.hypot(np.diff(r.x, axis=0), np.diff(r.y, axis=0))
    mean_speed = 0.5 * np.abs(r.v[1:] + r.v[:-1])
    np.testing.assert_allclose(moved, mean_speed * STEP_S, atol=2e-4)
