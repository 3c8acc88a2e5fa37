"""Plain-loop oracle of kernels/costs: one candidate, double precision, written from the formulas."""

from __future__ import annotations

import math


def bilinear(field, x, y, resolution):
    """Value of a field of cell middles at a point, clamped to its edge."""
    height, width = len(field), len(field[0])
    row = min(max(y / resolution - 0.5, 0.0), height - 1.001)
    column = min(max(x / resolution - 0.5, 0.0), width - 1.001)
    i, j = int(row), int(column)
    up, right = row - i, column - j
    low = (1 - right) * field[i][j] + right * field[i][j + 1]
    high = (1 - right) * field[i + 1][j] + right * field[i + 1][j + 1]
    return (1 - up) * low + up * high


def clearance(poses, circles, radius, field, resolution):
    """Per step: least field value at the circles' middles, less their radius; poses are (x, y, yaw)."""
    result = []
    for x, y, yaw in poses:
        values = [
            bilinear(field, x + math.cos(yaw) * cx - math.sin(yaw) * cy, y + math.sin(yaw) * cx + math.cos(yaw) * cy, resolution)
            for cx, cy in circles
        ]
        result.append(min(values) - radius)
    return result


def static_hazard(clearances, twists, w):
    rates = []
    for gap, (v, omega) in zip(clearances, twists):
        leaving = min(max(-w.wary_direction * v / 0.05, 0.0), 1.0)
        sigma = w.sigma + w.wary_sigma * (1.0 - leaving) + w.sigma_time * abs(v)
        rates.append((w.per_metre + w.wary_per_metre * (1.0 - leaving)) * (abs(v) + w.reach * abs(omega)) * math.exp(-((max(gap, 0.0) / sigma) ** 2)))
    return rates


def unseen_hazard(poses, twists, unknown, resolution, middle_x, half_x, forwards, backwards):
    rates = []
    for (x, y, yaw), (v, _) in zip(poses, twists):
        lead = middle_x + half_x if v >= 0.0 else middle_x - half_x
        share = bilinear(unknown, x + lead * math.cos(yaw), y + lead * math.sin(yaw), resolution)
        rates.append((forwards if v >= 0.0 else backwards) * abs(v) * share)
    return rates


def person_gap(pose, person, rectangle, ahead_time):
    """Distance from the footprint's rectangle to a person's disc (x, y, vx, vy, radius), space ahead counted in."""
    x, y, yaw = pose
    px, py, vx, vy, radius = person
    speed = math.hypot(vx, vy)
    if speed > 1e-5:
        along = (x - px) * vx / speed + (y - py) * vy / speed
        shift = min(max(along, 0.0), ahead_time * speed)
        px, py = px + shift * vx / speed, py + shift * vy / speed
    middle_x, half_x, half_y = rectangle
    forward = (px - x) * math.cos(yaw) + (py - y) * math.sin(yaw) - middle_x
    left = -(px - x) * math.sin(yaw) + (py - y) * math.cos(yaw)
    return max(math.hypot(max(abs(forward) - half_x, 0.0), max(abs(left) - half_y, 0.0)) - radius, 0.0)


def people_terms(poses, twists, people, variances, chances, shares, rectangle, w, step):
    """Hazard per step and cost of crowding; people[m][t] is (x, y, vx, vy, radius), shares[m] how much of their space counts."""
    rates, crowding = [0.0] * len(poses), 0.0
    for m in range(len(people)):
        for t, pose in enumerate(poses):
            gap = person_gap(pose, people[m][t], rectangle, w.ahead_time)
            v = twists[t][0]
            x, y, vx, vy = people[m][t][:4]
            speed = math.hypot(vx, vy) + 1e-6
            ahead = min(max(((pose[0] - x) * vx + (pose[1] - y) * vy) / speed, 0.0), w.ahead_time * speed)
            to_x, to_y = x + ahead * vx / speed - pose[0], y + ahead * vy / speed - pose[1]
            own = v * math.cos(pose[2]), v * math.sin(pose[2])
            pace = 1.0 + w.approach * max(own[0] * to_x + own[1] * to_y, 0.0) / (math.hypot(to_x, to_y) + 1e-3)
            relative = math.hypot(v * math.cos(pose[2]) - vx, v * math.sin(pose[2]) - vy)
            wide, space = w.sigma**2 + variances[m][t], w.space_sigma**2 + variances[m][t]
            rates[t] += chances[m][t] * (w.per_metre * relative + w.idle) * w.sigma**2 / wide * math.exp(-gap * gap / wide)
            crowding += shares[m] * chances[m][t] * step * w.space * pace * w.space_sigma**2 / space * math.exp(-gap * gap / space)
    return rates, crowding


def wrap(angle):
    return math.atan2(math.sin(angle), math.cos(angle))


def pose_distance(pose, goal, w):
    x, y, yaw = pose
    r = math.hypot(goal[0] - x, goal[1] - y)
    error = abs(wrap(yaw - goal[2]))
    if r < 1e-9:
        return w.goal_turn * error
    sight = math.atan2(goal[1] - y, goal[0] - x)
    forwards = abs(wrap(yaw - sight)) + abs(wrap(goal[2] - sight))
    backwards = abs(wrap(yaw + math.pi - sight)) + abs(wrap(goal[2] + math.pi - sight)) + w.goal_reverse
    turns = max(min(forwards, backwards), error)
    ease = w.goal_ease + (w.goal_ease_turned - w.goal_ease) / (1.0 + (error / w.goal_turned) ** 4)
    share = r**8 / (r**8 + ease**8)
    return r + w.goal_turn * (error + share * (turns - error))


HEADING_ANGLES = sorted(math.atan2(y, x) % (2.0 * math.pi) for x in (-2, -1, 0, 1, 2) for y in (-2, -1, 0, 1, 2)
                        if math.gcd(x, y) == 1)  # fmt: skip


def look_up_excess(pose, goal, excess, spacing):
    """Linear between the lattice's poses: headings at their own angles, the goal in the middle, held at the edge."""
    size = len(excess[0])
    dx, dy = pose[0] - goal[0], pose[1] - goal[1]
    along = (math.cos(goal[2]) * dx + math.sin(goal[2]) * dy) / spacing + size // 2
    side = (-math.sin(goal[2]) * dx + math.cos(goal[2]) * dy) / spacing + size // 2
    along, side = min(max(along, 0.0), size - 1.001), min(max(side, 0.0), size - 1.001)
    turned = (pose[2] - goal[2]) % (2.0 * math.pi)
    angles = HEADING_ANGLES + [2.0 * math.pi]
    k = max(n for n in range(len(HEADING_ANGLES)) if angles[n] <= turned)
    share = (turned - angles[k]) / (angles[k + 1] - angles[k])
    i, j = int(side), int(along)

    def on_layer(layer):
        low = layer[i][j] + (along - j) * (layer[i][j + 1] - layer[i][j])
        high = layer[i + 1][j] + (along - j) * (layer[i + 1][j + 1] - layer[i + 1][j])
        return low + (side - i) * (high - low)

    return (1.0 - share) * on_layer(excess[k]) + share * on_layer(excess[(k + 1) % len(HEADING_ANGLES)])


def cost_to_go(pose, field, resolution, goal, near, excess, spacing, w):
    far = bilinear(field, pose[0], pose[1], resolution)
    if not near:
        return far
    square = (goal[0] - pose[0]) ** 2 + (goal[1] - pose[1]) ** 2
    share = max(1.0 - square / w.goal_radius**2, 0.0) ** 2
    return (1.0 - share) * far + share * (pose_distance(pose, goal, w) + look_up_excess(pose, goal, excess, spacing))


def progress_terms(start, poses, twists, rates, contact_step, field, resolution, goal, near, excess, spacing, w, step):
    """Expected remaining cost-to-go, and expected harm."""
    before = cost_to_go(start, field, resolution, goal, near, excess, spacing, w)
    remaining, harm, survival = before, 0.0, 1.0
    for t, pose in enumerate(poses):
        here = cost_to_go(pose, field, resolution, goal, near, excess, spacing, w)
        kept = math.exp(-rates[t] * step) if t < contact_step else 0.0
        harm += survival * (1.0 - kept) * (w.touch + w.impact * twists[t][0] ** 2)
        survival *= kept
        share = 1.0 + w.survival * (survival - 1.0)
        remaining -= (1.0 - w.urgency * t / len(poses)) * share * (before - here)
        before = here
    return remaining, harm


def heading(pose, field, resolution, goal, near, weight, fade):
    x, y, yaw = pose
    fall_x = bilinear(field, x - resolution, y, resolution) - bilinear(field, x + resolution, y, resolution)
    fall_y = bilinear(field, x, y - resolution, resolution) - bilinear(field, x, y + resolution, resolution)
    error = wrap(yaw - math.atan2(fall_y, fall_x))
    square = (goal[0] - x) ** 2 + (goal[1] - y) ** 2
    return weight * (square / (square + fade * fade) if near else 1.0) * 2.0 * abs(math.sin(0.5 * error))


def comfort(start_acceleration, twists, accelerations, w, step):
    cost, (a_before, alpha_before) = 0.0, start_acceleration
    for (v, omega), (a, alpha) in zip(twists, accelerations):
        jerk, turn_jerk = (a - a_before) / step, (alpha - alpha_before) / step
        cost += step * (
            w.turn * omega**2 + w.acceleration * a**2 + w.turn_acceleration * alpha**2 + w.jerk * jerk**2
            + w.turn_jerk * turn_jerk**2 + w.reverse * max(-v, 0.0)
        )  # fmt: skip
        a_before, alpha_before = a, alpha
    return cost


def consistency(poses, plan, weight, scale):
    if not plan:
        return 0.0
    away = [math.hypot(x - px, y - py) for (x, y, _), (px, py) in zip(poses, plan)]
    return weight * sum(d / (d + scale) for d in away) / len(plan)
