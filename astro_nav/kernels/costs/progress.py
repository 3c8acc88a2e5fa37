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

from astro_nav.kernels.approximations import (
    PI,
    atan2_fast,
    blend_corners,
    clamp,
    decay_fast,
    interpolate_lanes,
    look_up_corners,
)
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import (
    ADDED,
    BEFORE_VALUE,
    BLOCK,
    COLUMN,
    CONTACT,
    COS,
    FOUND,
    HARM,
    HAZARD,
    REMAINING,
    ROW,
    SHARE,
    SIN,
    SURVIVAL,
    TURN,
    V,
    VALUE,
    X,
    Y,
)

TWO_PI = np.float32(2.0) * PI
# Two headings an octant; the one between lies at atan(1/2) from the axis, not in the middle.
KNEE = np.float32(np.arctan(0.5) / (np.pi / 4.0))


class ProgressWeights(NamedTuple):
    """All float32."""

    survival: np.float32  # 1 when progress counts by the chance of being there to make it, 0 when it counts in full
    touch: np.float32  # cost of a collision at any speed [m]
    impact: np.float32  # what it costs more per speed squared [m / (m/s)^2]
    goal_radius: np.float32  # distance from the goal in which the pose distance takes over [m]
    goal_turn: np.float32  # distance that a turn on the spot is worth [m/rad]
    goal_ease: np.float32  # distance at which the goal counts as half reached while the heading is wrong [m]
    goal_ease_turned: np.float32  # likewise once the heading is right [m]
    goal_turned: np.float32  # error of the heading at which it is half right [rad]
    goal_reverse: np.float32  # turning that driving backwards to the goal is worth [rad]
    urgency: np.float32  # progress at the end of the horizon is worth this much less than at its beginning [-]


class Goal(NamedTuple):
    """The goal in the frame of the poses, all float32; `near` is 0 when it lies outside the local map, else 1."""

    x: np.float32
    y: np.float32
    cos: np.float32
    sin: np.float32
    near: np.float32


@kernel(fast=True, inlined=True)
def measure_turn(cos, sin, goal):
    """Angle from the goal's heading to the robot's, in [-pi, pi] [rad]."""
    return atan2_fast(sin * goal.cos - cos * goal.sin, cos * goal.cos + sin * goal.sin)


@kernel(fast=True, inlined=True)
def measure_pose_distance(dx, dy, cos, sin, goal, weights):
    """Distance between two poses for a robot that can turn on the spot: turn, drive, turn.

        D = r + turn (s (|delta| + |theta|) + (1 - s) |delta - theta|),  s = r^8 / (r^8 + ease^8),
        ease = ease_wrong + (ease_turned - ease_wrong) / (1 + (|delta - theta| / turned)^4)

    with delta the robot's and theta the goal's heading relative to the line of sight, forwards or backwards, whichever is
    less. The last centimetres count as there, so at the goal only the heading's own error is left. More of them do once the
    robot has turned to the goal's heading: it drives close before it turns, and what it is shifted by after that, by
    turning or by the localizer, is not worth turning away again. D falls steadily while the robot faces the goal, drives
    there and turns, so it has no minimum farther than `ease_turned` from the goal.

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
    error = abs(measure_turn(cos, sin, goal))
    turns = min(delta + theta, TWO_PI - delta - theta + weights.goal_reverse)
    turned = (error / weights.goal_turned) * (error / weights.goal_turned)
    ease = weights.goal_ease + (weights.goal_ease_turned - weights.goal_ease) / (one + turned * turned)
    ratio = square / (ease * ease)
    ratio = ratio * ratio
    share = ratio * ratio / (one + ratio * ratio)
    return distance + weights.goal_turn * (error + share * (max(turns, error) - error))


@kernel(fast=True)
def look_up_excess(excess, spacing, goal, lanes, cells, out):
    """Fill a row with what obstacles add to the distance to the goal pose, between the poses of the lattice.

    See kernels/goal_lattice.py.

    Args:
        excess: (16, N, N) float32 by heading, side and along, the goal in the middle [m].
        spacing: of the lattice [m].
        goal: Goal.
        lanes, cells: see kernels/lanes.py.
        out: offset of the row.
    """
    zero, one, two = np.float32(0.0), np.float32(1.0), np.float32(2.0)
    size = np.int32(excess.shape[1])
    layer = size * size
    last = np.float32(size - 1)
    middle, end, per_cell = last / two, last - np.float32(1e-3), one / spacing
    for lane in range(BLOCK):
        dx, dy = goal.x - lanes[X + lane], goal.y - lanes[Y + lane]
        along = clamp(middle - (dx * goal.cos + dy * goal.sin) * per_cell, end)
        side = clamp(middle - (dy * goal.cos - dx * goal.sin) * per_cell, end)
        angle = measure_turn(lanes[COS + lane], lanes[SIN + lane], goal)
        octants = (angle if angle >= zero else angle + TWO_PI) * (np.float32(4.0) / PI)
        octant = min(np.int32(octants), np.int32(7))
        share = octants - np.float32(octant)
        knee = KNEE if octant & 1 == 0 else one - KNEE
        place = min(share / knee if share < knee else one + (share - knee) / (one - knee), np.float32(1.999))
        first = np.int32(place)
        lanes[TURN + lane] = place - np.float32(first)
        heading = (2 * octant + first) & 15
        i, j = np.int32(side), np.int32(along)
        lanes[ROW + lane], lanes[COLUMN + lane] = side - np.float32(i), along - np.float32(j)
        cells[lane] = heading * layer + i * size + j
        cells[BLOCK + lane] = ((heading + 1) & 15) * layer + i * size + j
    flat = excess.reshape(-1)
    look_up_corners(flat, np.uintp(size), cells, 0, lanes)
    blend_corners(lanes, out)
    look_up_corners(flat, np.uintp(size), cells, BLOCK, lanes)
    blend_corners(lanes, FOUND)
    for lane in range(BLOCK):
        lanes[out + lane] += lanes[TURN + lane] * (lanes[FOUND + lane] - lanes[out + lane])


@kernel(fast=True)
def find_cost_to_go(lanes, cells, cost_to_go, origin_x, origin_y, per_cell, goal, excess, spacing, weights):
    """Fill VALUE with the cost-to-go of every lane; near the goal the distance to its pose, with what obstacles add to it.

    Args:
        lanes, cells: see kernels/lanes.py.
        cost_to_go: (H, W) float32 [m].
        origin_x, origin_y: of the grid [m].
        per_cell: cells per metre.
        goal: Goal.
        excess, spacing: see `look_up_excess`.
        weights: ProgressWeights.
    """
    zero, half, one = np.float32(0.0), np.float32(0.5), np.float32(1.0)
    for lane in range(BLOCK):
        lanes[ROW + lane] = (lanes[Y + lane] - origin_y) * per_cell - half
        lanes[COLUMN + lane] = (lanes[X + lane] - origin_x) * per_cell - half
    interpolate_lanes(cost_to_go, lanes, cells, VALUE)
    if goal.near <= zero:
        return
    per_square, near = one / (weights.goal_radius * weights.goal_radius), np.int32(0)
    for lane in range(BLOCK):
        dx, dy = goal.x - lanes[X + lane], goal.y - lanes[Y + lane]
        share = max(one - (dx * dx + dy * dy) * per_square, zero) * goal.near
        near += np.int32(share > zero)
        lanes[SHARE + lane] = share * share
    if near == 0:  # most blocks are far from the goal
        return
    look_up_excess(excess, spacing, goal, lanes, cells, ADDED)
    for lane in range(BLOCK):
        dx, dy = goal.x - lanes[X + lane], goal.y - lanes[Y + lane]
        distance = measure_pose_distance(dx, dy, lanes[COS + lane], lanes[SIN + lane], goal, weights)
        far = lanes[VALUE + lane]
        lanes[VALUE + lane] = far + lanes[SHARE + lane] * (distance + lanes[ADDED + lane] - far)


@kernel(fast=True)
def start_progress(lanes):
    """Begin with the cost-to-go in VALUE, that of the start."""
    for lane in range(BLOCK):
        lanes[BEFORE_VALUE + lane] = lanes[REMAINING + lane] = lanes[VALUE + lane]
        lanes[SURVIVAL + lane], lanes[HARM + lane] = np.float32(1.0), np.float32(0.0)


@kernel(fast=True)
def score_progress(lanes, t, worth, weights, step):
    """Add one step to SURVIVAL, HARM and REMAINING.

    Args:
        lanes: see kernels/lanes.py; HAZARD, CONTACT and VALUE are those of this step, BEFORE_VALUE is moved on.
        t: the step, float32.
        worth: what progress in this step is worth [-].
        weights: ProgressWeights.
        step: seconds per step.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    for lane in range(BLOCK):
        kept = decay_fast(lanes[HAZARD + lane] * step)
        kept = kept if t < lanes[CONTACT + lane] else zero
        speed, survived, value = lanes[V + lane], lanes[SURVIVAL + lane], lanes[VALUE + lane]
        lanes[HARM + lane] += survived * (one - kept) * (weights.touch + weights.impact * speed * speed)
        survived = survived * kept
        counted = worth * (one + weights.survival * (survived - one))
        lanes[REMAINING + lane] -= counted * (lanes[BEFORE_VALUE + lane] - value)
        lanes[SURVIVAL + lane], lanes[BEFORE_VALUE + lane] = survived, value
