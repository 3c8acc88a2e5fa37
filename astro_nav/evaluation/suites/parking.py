"""Final poses in tight spots."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.errors import MapError
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.homes import compute_time_limit
from astro_nav.evaluation.suites.judge import Judge, load_robot
from astro_nav.evaluation.suites.pieces import make_piece, make_room_walls
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.geometry.angles import wrap_angle
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World

SIZE_M = (6.0, 5.0)
VARIANTS = ("beside a wall", "in a corner", "docking", "between boxes", "between chairs", "under a table", "in the open")
# Judged with the pose that the robot is told and what the world is, the goal leaves at least this around the footprint.
LEAST_ROOM_M = 0.05
# The robot's own tolerance of arrival (0.05 m, 0.1 rad) and the worst error of its localisation (0.09 m, 0.03 rad).
TOLERANCE_M, TOLERANCE_RAD = 0.14, 0.14
STILL_M, STILL_RAD, REST_S = 0.01, 0.03, 1.5


class ParkingReferee:
    """Ends an episode with success once the robot rests where it was sent, by its true pose.

    What the robot believes does not count: it may end a goal beside the one that it was given.

    Args:
        goal_map: (3,).
    """

    def __init__(self, goal_map: np.ndarray) -> None:
        self._goal_map = goal_map
        self._rests_at, self._since_s = np.full(3, np.inf), 0.0

    def __call__(self, now_s: float, pose_map_base: np.ndarray) -> bool | None:
        if math.dist(pose_map_base[:2], self._rests_at[:2]) > STILL_M or _differ(pose_map_base, self._rests_at) > STILL_RAD:
            self._rests_at, self._since_s = pose_map_base.copy(), now_s
        is_near = math.dist(pose_map_base[:2], self._goal_map[:2]) <= TOLERANCE_M
        is_turned = _differ(pose_map_base, self._goal_map) <= TOLERANCE_RAD
        return True if is_near and is_turned and now_s - self._since_s >= REST_S else None


def _differ(pose: np.ndarray, other: np.ndarray) -> float:
    """Angle between two headings; of an unknown one, half a turn."""
    return abs(float(wrap_angle(pose[2] - other[2]))) if np.isfinite(other[2]) else math.pi


def make_parking(seed: int) -> Scenario:
    """A drive of some metres to a goal with little room around it, or with a heading against the way."""
    variant = VARIANTS[seed % len(VARIANTS)]
    for attempt in range(40):
        generator = make_generator(seed, 1, attempt)
        goal, pieces = _BUILDERS[variant](generator)
        solids = make_room_walls((0.0, 0.0), SIZE_M) + pieces
        low, high = np.array([0.6, 0.6, -math.pi]), np.array([SIZE_M[0] - 0.6, SIZE_M[1] - 0.6, math.pi])
        start = generator.uniform(low, high)
        world = World(f"parking {variant}", tuple(solids), start_pose_map=start, goals_map={"goal": goal})
        judge = Judge(world)
        has_room = judge.measure_point_room(start) >= judge.robot.circumscribed_radius_m + 0.1
        if not has_room or judge.measure_room(goal) < LEAST_ROOM_M - 1e-6:
            continue
        length_m = judge.reaches(start, goal)
        if length_m is not None and length_m >= 2.0:
            break
    else:
        raise MapError(f"parking, seed {seed}: no way to a goal {variant} in 40 draws")
    return Scenario(
        suite="parking",
        seed=seed,
        world=world,
        orders=(GoalOrder(goal[None, :]),),
        time_limit_s=compute_time_limit(length_m) + 10.0,
        is_done=ParkingReferee(goal),
        facts={"variant": variant, "room_m": judge.measure_room(goal), "way_m": length_m},
    )


def _half_size() -> tuple[float, float]:
    """Half the length and half the width of the robot."""
    length, width = np.ptp(load_robot().footprint, axis=0).tolist()
    return 0.5 * length, 0.5 * width


def _draw_wall(generator: np.random.Generator, out_m: float) -> tuple[float, float, float]:
    """A point `out_m` away from one of the walls, and the direction into the wall."""
    wall = int(generator.integers(4))
    x, y = (float(generator.uniform(1.0, extent - 1.0)) for extent in SIZE_M)
    places = [(x, out_m, -0.5 * math.pi), (x, SIZE_M[1] - out_m, 0.5 * math.pi), (out_m, y, math.pi), (SIZE_M[0] - out_m, y, 0.0)]
    return places[wall]


def _park_beside_wall(generator: np.random.Generator) -> tuple[np.ndarray, list[Solid]]:
    out = _half_size()[1] + float(generator.uniform(0.06, 0.12))
    x, y, inwards = _draw_wall(generator, out)
    return np.array([x, y, inwards + generator.choice([-0.5, 0.5]) * math.pi]), []


def _park_in_corner(generator: np.random.Generator) -> tuple[np.ndarray, list[Solid]]:
    half_length, half_width = _half_size()
    side, ahead = (half + float(generator.uniform(0.08, 0.15)) for half in (half_width, half_length))
    east, north = bool(generator.random() < 0.5), bool(generator.random() < 0.5)
    x = SIZE_M[0] - ahead if east else ahead
    y = SIZE_M[1] - side if north else side
    return np.array([x, y, 0.0 if generator.random() < 0.5 else math.pi]), []


def _park_docking(generator: np.random.Generator) -> tuple[np.ndarray, list[Solid]]:
    """Straight in front of a wall, facing it or with the back to it."""
    x, y, inwards = _draw_wall(generator, _half_size()[0] + float(generator.uniform(0.06, 0.1)))
    return np.array([x, y, inwards + (0.0 if generator.random() < 0.6 else math.pi)]), []


def _park_between_boxes(generator: np.random.Generator) -> tuple[np.ndarray, list[Solid]]:
    """In a bay between two boxes at a wall, nose to the wall."""
    half_length, half_width = _half_size()
    x, y, inwards = _draw_wall(generator, half_length + float(generator.uniform(0.08, 0.15)))
    side = half_width + float(generator.uniform(0.07, 0.12))
    depth = float(generator.uniform(0.4, 0.6))
    pieces = []
    for number, sign in enumerate((-1.0, 1.0)):
        across = sign * (side + 0.2)
        at = (x - across * math.sin(inwards), y + across * math.cos(inwards))
        pieces += make_piece("box", f"box {number + 1}", at, inwards, (depth, 0.4, 0.6), mapped=bool(generator.random() < 0.7))
    return np.array([x, y, inwards]), pieces


def _park_between_chairs(generator: np.random.Generator) -> tuple[np.ndarray, list[Solid]]:
    """Between two chairs in the room."""
    half_width = _half_size()[1]
    x, y = (float(generator.uniform(1.3, extent - 1.3)) for extent in SIZE_M)
    yaw = float(generator.uniform(-math.pi, math.pi))
    pieces = []
    for number, sign in enumerate((-1.0, 1.0)):
        across = sign * (half_width + 0.21 + float(generator.uniform(0.08, 0.15)))
        at = (x - across * math.sin(yaw), y + across * math.cos(yaw))
        facing = yaw + generator.choice([0.0, 0.5, 1.0, 1.5]) * math.pi
        pieces += make_piece("chair", f"chair {number + 1}", at, float(facing), mapped=bool(generator.random() < 0.5))
    return np.array([x, y, yaw]), pieces


def _park_under_table(generator: np.random.Generator) -> tuple[np.ndarray, list[Solid]]:
    x, y = (float(generator.uniform(1.4, extent - 1.4)) for extent in SIZE_M)
    yaw = float(generator.uniform(-math.pi, math.pi))
    table = make_piece("table", "table", (x, y), yaw, (float(generator.uniform(1.0, 1.4)), 0.8, 0.74))
    return np.array([x, y, yaw + generator.choice([0.0, 0.5, 1.0, 1.5]) * math.pi]), table


def _park_in_open(generator: np.random.Generator) -> tuple[np.ndarray, list[Solid]]:
    x, y = (float(generator.uniform(1.0, extent - 1.0)) for extent in SIZE_M)
    return np.array([x, y, generator.uniform(-math.pi, math.pi)]), []


_BUILDERS = dict(
    zip(
        VARIANTS,
        (
            _park_beside_wall, _park_in_corner, _park_docking, _park_between_boxes, _park_between_chairs, _park_under_table,
            _park_in_open,
        ),
    )
)  # fmt: skip
PARKING = Suite("parking", "final poses beside walls, in corners, in bays, between chairs, with any heading", 100, make_parking)
