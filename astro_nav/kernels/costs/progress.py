"""Expected cost-to-go: progress weighted by the chance of still being there to make it.

    S_j = S_{j-1} exp(-hazard_j dt), 0 from certain contact on
    remaining = u(q_0) - sum_j g_j S_j (u(q_{j-1}) - u(q_j))        expected remaining cost-to-go
    harm      = sum_j S_{j-1} (1 - exp(-hazard_j dt)) (touch + impact v_j^2)   expected collision

u is the cost-to-go over the local map; near the goal it becomes the distance to the goal pose. g_j falls from 1 to
1 - urgency over the horizon: without it, arriving now and arriving in three seconds would cost the same.

Source: J of Park, Johnson, Kuipers, IROS 2012, with accumulated survivability.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.approximations import PI, atan2_fast, decay_fast, interpolate_bilinear, interpolate_lanes
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK, copy_from_lanes, copy_to_lanes

TWO_PI = np.float32(2.0) * PI
KNEE = np.float32(np.arctan(0.5) / (np.pi / 4.0))

# Rows of the block's buffer; CORNERS are four.
X, Y, COS, SIN, V, HAZARD, CONTACT, SURVIVAL, BEFORE, REMAINING, HARM, VALUE, ROW, COLUMN, CORNERS = (
    row * BLOCK for row in range(15)
)
LANE_ROWS = 18


class ProgressWeights(NamedTuple):
    """All float32."""

    survival: np.float32  # 1 when progress counts by the chance of being there to make it, 0 when it counts in full
    touch: np.float32  # cost of a collision at any speed [m]
    impact: np.float32  # what it costs more per speed squared [m / (m/s)^2]
    goal_radius: np.float32  # distance from the goal in which the pose distance takes over [m]
    goal_turn: np.float32  # distance that a turn on the spot is worth [m/rad]
    goal_ease: np.float32  # distance at which the goal counts as half reached [m]
    goal_reverse: np.float32  # turning that driving backwards to the goal is worth [rad]
    urgency: np.float32  # progress at the end of the horizon is worth this much less than at its beginning [-]


class Goal(NamedTuple):
    """The goal in the frame of the poses, all float32; `near` is 0 when it lies outside the local map, else 1."""

    x: np.float32
    y: np.float32
    cos: np.float32
    sin: np.float32
    near: np.float32


@kernel(fast=True)
def measure_pose_distance(dx, dy, cos, sin, goal, weights):
    """Distance between two poses for a robot that can turn on the spot: turn, drive, turn.

        D = r + turn (s (|delta| + |theta|) + (1 - s) |delta - theta|),  s = r^8 / (r^8 + ease^8)

    with delta the robot's and theta the goal's heading relative to the line of sight, forwards or backwards, whichever is
    less. The last centimetres count as there, so at the goal only the heading's own error is left. D falls steadily while
    the robot faces the goal, drives there and turns, so it has no minimum but the goal.

    Source: in the spirit of the pose distance of Park, Kuipers, IROS 2015, for a base that turns on the spot.

    Args:
        dx, dy: from the robot to the goal [m].
        cos, sin: the robot's heading.
        goal: Goal.
        weights: ProgressWeights.
    """
    square = dx * dx + dy * dy
    distance = math.sqrt(square + np.float32(1e-10))
    ux, uy = dx / distance, dy / distance
    one = np.float32(1.0)
    delta = atan2_fast(abs(ux * sin - uy * cos), ux * cos + uy * sin)
    theta = atan2_fast(abs(ux * goal.sin - uy * goal.cos), ux * goal.cos + uy * goal.sin)
    error = atan2_fast(abs(cos * goal.sin - sin * goal.cos), cos * goal.cos + sin * goal.sin)
    turns = min(delta + theta, TWO_PI - delta - theta + weights.goal_reverse)
    ratio = square / (weights.goal_ease * weights.goal_ease)
    ratio = ratio * ratio
    share = ratio * ratio / (one + ratio * ratio)
    return distance + weights.goal_turn * (error + share * (max(turns, error) - error))


@kernel(fast=True)
def look_up_excess(excess, spacing, goal, dx, dy, cos, sin):
    """What obstacles add to the distance to the goal pose, between the poses of the lattice; see kernels/goal_lattice.py.

    Args:
        excess: (16, N, N) float32 by heading, side and along, the goal in the middle [m].
        spacing: of the lattice [m].
        goal: Goal.
        dx, dy: from the robot to the goal [m].
        cos, sin: the robot's heading.
    """
    zero, one, two = np.float32(0.0), np.float32(1.0), np.float32(2.0)
    last = np.float32(excess.shape[1] - 1)
    middle, per_cell = last / two, one / spacing
    along = min(max(middle - (dx * goal.cos + dy * goal.sin) * per_cell, zero), last - np.float32(1e-3))
    side = min(max(middle - (dy * goal.cos - dx * goal.sin) * per_cell, zero), last - np.float32(1e-3))
    angle = atan2_fast(sin * goal.cos - cos * goal.sin, cos * goal.cos + sin * goal.sin)
    # Two headings an octant; the one between lies at atan(1/2) from the axis, not in the middle.
    octants = (angle if angle >= zero else angle + TWO_PI) * (np.float32(4.0) / PI)
    octant = min(np.int32(octants), np.int32(7))
    share = octants - np.float32(octant)
    knee = KNEE if octant % 2 == 0 else one - KNEE
    place = min(share / knee if share < knee else one + (share - knee) / (one - knee), np.float32(1.999))
    first = np.int32(place)
    turn = place - np.float32(first)
    k = (2 * octant + first) % 16
    i, j = np.int32(side), np.int32(along)
    up, right = side - np.float32(i), along - np.float32(j)
    value = zero
    for step in range(2):
        layer = excess[(k + step) % 16]
        low = layer[i, j] + right * (layer[i, j + 1] - layer[i, j])
        high = layer[i + 1, j] + right * (layer[i + 1, j + 1] - layer[i + 1, j])
        value += (turn if step == 1 else one - turn) * (low + up * (high - low))
    return value


@kernel(fast=True)
def measure_cost_to_go(cost_to_go, origin_x, origin_y, per_cell, goal, excess, spacing, weights, x, y, cos, sin):
    """Cost-to-go of one pose [m]; near the goal the distance to the goal pose, with what obstacles add to it."""
    half, one = np.float32(0.5), np.float32(1.0)
    far = interpolate_bilinear(cost_to_go, (y - origin_y) * per_cell - half, (x - origin_x) * per_cell - half)
    dx, dy = goal.x - x, goal.y - y
    share = max(one - (dx * dx + dy * dy) / (weights.goal_radius * weights.goal_radius), np.float32(0.0)) * goal.near
    if share <= np.float32(0.0):
        return far
    near = measure_pose_distance(dx, dy, cos, sin, goal, weights)
    near += look_up_excess(excess, spacing, goal, dx, dy, cos, sin)
    return far + share * share * (near - far)


@kernel(fast=True)
def score_progress(
    first, last, x, y, cos, sin, v, start, cost_to_go, origin_x, origin_y, resolution, goal, excess, spacing, hazard,
    contact_step, weights, step, remaining, harm,
):  # fmt: skip
    """Fill expected remaining cost-to-go and expected harm.

    Args:
        first, last: the block.
        x, y, cos, sin, v: (T, K) float32.
        start: (8,) float32 the state at the start.
        cost_to_go: (H, W) float32 [m].
        origin_x, origin_y, resolution: of the grid [m].
        goal: Goal.
        excess, spacing: what obstacles add to the distance to the goal pose; see `look_up_excess`.
        hazard: (T, K) float32 [1/s].
        contact_step: (K,) int32.
        weights: ProgressWeights.
        step: seconds per step.
        remaining, harm: (K,) float32, filled [m].
    """
    zero, one, half = np.float32(0.0), np.float32(1.0), np.float32(0.5)
    per_cell = one / resolution
    at_start = measure_cost_to_go(
        cost_to_go, origin_x, origin_y, per_cell, goal, excess, spacing, weights, start[0], start[1], start[2], start[3]
    )
    lanes, cells = np.zeros(LANE_ROWS * BLOCK, dtype=np.float32), np.zeros(BLOCK, dtype=np.int32)
    width = last - first
    for lane in range(BLOCK):
        lanes[SURVIVAL + lane] = one
        lanes[BEFORE + lane] = lanes[REMAINING + lane] = at_start
    for lane in range(width):
        lanes[CONTACT + lane] = np.float32(contact_step[first + lane])
    steps = x.shape[0]
    for t in range(steps):
        copy_to_lanes(x[t], first, width, lanes, X)
        copy_to_lanes(y[t], first, width, lanes, Y)
        copy_to_lanes(cos[t], first, width, lanes, COS)
        copy_to_lanes(sin[t], first, width, lanes, SIN)
        copy_to_lanes(v[t], first, width, lanes, V)
        copy_to_lanes(hazard[t], first, width, lanes, HAZARD)
        for lane in range(BLOCK):
            lanes[ROW + lane] = (lanes[Y + lane] - origin_y) * per_cell - half
            lanes[COLUMN + lane] = (lanes[X + lane] - origin_x) * per_cell - half
        interpolate_lanes(cost_to_go, lanes, ROW, COLUMN, cells, CORNERS, VALUE)
        if goal.near > zero:
            _draw_to_goal(lanes, width, goal, excess, spacing, weights)
        worth = one - weights.urgency * np.float32(t) / np.float32(steps)
        _add_step(lanes, np.float32(t), worth, weights, step)
    copy_from_lanes(lanes, REMAINING, remaining, first, width)
    copy_from_lanes(lanes, HARM, harm, first, width)


@kernel(fast=True)
def _draw_to_goal(lanes, width, goal, excess, spacing, weights):
    """Let the pose distance, and what obstacles add to it, take over near the goal."""
    one, zero = np.float32(1.0), np.float32(0.0)
    per_square = one / (weights.goal_radius * weights.goal_radius)
    for lane in range(width):
        dx, dy = goal.x - lanes[X + lane], goal.y - lanes[Y + lane]
        share = max(one - (dx * dx + dy * dy) * per_square, zero) * goal.near
        if share > zero:  # most states are far from the goal, and this is costly
            cos, sin = lanes[COS + lane], lanes[SIN + lane]
            near = measure_pose_distance(dx, dy, cos, sin, goal, weights)
            near += look_up_excess(excess, spacing, goal, dx, dy, cos, sin)
            lanes[VALUE + lane] += share * share * (near - lanes[VALUE + lane])


@kernel(fast=True)
def _add_step(lanes, t, worth, weights, step):
    """Add one step to survival, harm and progress."""
    one, zero = np.float32(1.0), np.float32(0.0)
    for lane in range(BLOCK):
        kept = decay_fast(lanes[HAZARD + lane] * step)
        kept = kept if t < lanes[CONTACT + lane] else zero
        speed, survived, value = lanes[V + lane], lanes[SURVIVAL + lane], lanes[VALUE + lane]
        lanes[HARM + lane] += survived * (one - kept) * (weights.touch + weights.impact * speed * speed)
        survived = survived * kept
        counted = worth * (one + weights.survival * (survived - one))
        lanes[REMAINING + lane] -= counted * (lanes[BEFORE + lane] - value)
        lanes[SURVIVAL + lane], lanes[BEFORE + lane] = survived, value
