"""Films an episode while it is run anew: the same seed gives the same run, so nothing needs to be kept from the first."""

from __future__ import annotations

import numpy as np

from astro_nav.evaluation.closed_loop import MAP_RESOLUTION_M, ClosedLoop
from astro_nav.evaluation.episode import EpisodeName, make_scenario
from astro_nav.evaluation.planners import get_planner
from astro_nav.evaluation.scenario import EpisodeRecord
from astro_nav.evaluation.stack import StackReport
from astro_nav.geometry import se2
from astro_nav.local_planning.local_plan import LocalPlan
from astro_nav.simulation.events import Truth
from astro_nav.simulation.solids import Shape, describe_solid
from astro_nav.simulation.world import describe_door
from astro_nav.types import FloatArray, LimitedBy
from astro_nav.visualization.episode_film import (
    EpisodeFilm,
    FilmFrame,
    LocalMapView,
    PersonView,
    ThingView,
    TrackView,
    rank_candidates,
)
from astro_nav.visualization.markers import CIRCLE_SEGMENTS, ELLIPSE_SIGMAS, ELLIPSE_TIMES_S

SHOWN_CANDIDATES = 90


def make_loop(name: EpisodeName) -> ClosedLoop:
    """An episode that is about to be run.

    Raises:
        AstroNavError: for names and parameters that do not exist.
    """
    make_planner = get_planner(name.planner)
    return ClosedLoop(make_scenario(name), name.changes, (name.planner, make_planner))


def entitle_episode(name: EpisodeName) -> str:
    """Headline of an episode."""
    return f"{name.suite}, episode {name.seed}, {name.planner}"


class Camera:
    """Takes a frame every so often, at the local planner's cycles.

    Args:
        loop: the episode that is about to be run.
        period_s: time between frames.
        span_s: first and last time that is filmed.
        candidates: how many candidates a frame keeps.
    """

    def __init__(
        self,
        loop: ClosedLoop,
        period_s: float,
        span_s: tuple[float, float] = (0.0, np.inf),
        candidates: int = SHOWN_CANDIDATES,
    ) -> None:
        self.frames: list[FilmFrame] = []
        self._loop, self._period_s, self._span_s, self._candidates = loop, period_s, span_s, candidates
        self._due_s = span_s[0]
        self._first_solids = len(loop.scenario.world.solids)
        self._has_screen = bool(loop.stack.params.local_planner.robot.screen.joint)

    def watch(self, now_s: float, truth: Truth, report: StackReport) -> None:
        """To be called after every tick; keeps a frame when one is due."""
        if not report.is_new_plan or now_s < self._due_s - 1e-6 or now_s > self._span_s[1] + 1e-6:
            return
        self._due_s += self._period_s * max(1, np.floor((now_s - self._due_s) / self._period_s + 1.0 + 1e-6))
        plan = report.plan
        limited = report.verdict.limited_by
        self.frames.append(
            FilmFrame(
                time_s=now_s,
                pose_map_base=truth.pose_map_base.copy(),
                twist=truth.twist.copy(),
                screen_rad=truth.screen_rad if self._has_screen else None,
                clearance_m=truth.clearance_m,
                limited_by="" if limited is LimitedBy.NOTHING else limited.name.lower().replace("_", " "),
                sentence=report.verdict.reason or (plan.reason if plan is not None else ""),
                people=tuple(
                    PersonView(person.name, person.position_map.copy(), person.velocity_map.copy(), person.radius_m)
                    for person in truth.people
                ),
                things=self._list_things(now_s, truth),
                **({} if plan is None else _view_plan(plan, truth.pose_map_odom, self._candidates)),
            )
        )

    def _list_things(self, now_s: float, truth: Truth) -> tuple[ThingView, ...]:
        """Doors as they stand, and solids that are not there from the beginning to the end."""
        world = self._loop.simulator.world
        views = [_view_shape(describe_door(door, truth.door_angles_rad[door.name])) for door in world.doors]
        for number, solid in enumerate(world.solids):
            if (solid.is_timed or number >= self._first_solids) and solid.is_present(now_s):
                views.append(_view_shape(describe_solid(solid)))
        return tuple(views)


def film_episode(
    loop: ClosedLoop,
    title: str,
    period_s: float = 0.1,
    span_s: tuple[float, float] = (0.0, np.inf),
    candidates: int = SHOWN_CANDIDATES,
) -> tuple[EpisodeFilm, EpisodeRecord]:
    """Run an episode and film it.

    Args:
        loop: the episode, not yet run.
        title: names it.
        period_s: time between frames; frames are taken at the local planner's cycles.
        span_s: first and last time that is filmed.
        candidates: how many candidates a frame keeps.
    """
    camera = Camera(loop, period_s, span_s, candidates)
    record = loop.run(camera.watch)
    return develop_film(loop, camera, record, title), record


def develop_film(loop: ClosedLoop, camera: Camera, record: EpisodeRecord, title: str) -> EpisodeFilm:
    """Put frames and record together."""
    robot = loop.stack.params.local_planner.robot
    scenario = record.scenario
    solids = [solid for solid in scenario.world.solids if not solid.is_timed]
    ends = [goal for order in scenario.orders for goal in np.atleast_2d(order.goals_map)]
    reached = {tuple(np.round(goal.goal_map, 6)) for goal in record.goals if goal.reached}
    names = sorted({name for frame in camera.frames for name in (person.name for person in frame.people)})
    names = names if record.people_map.shape[1] == len(names) else [str(k + 1) for k in range(record.people_map.shape[1])]
    return EpisodeFilm(
        title=title,
        outcome=describe_outcome(record),
        success=record.success,
        map=scenario.occupancy_map or scenario.world.rasterize(MAP_RESOLUTION_M),
        things=tuple(_view_shape(describe_solid(solid)) for solid in solids),
        footprint_m=robot.footprint,
        max_speed_mps=robot.limits.max_speed_mps,
        goals_map=np.array(ends).reshape(-1, 3),
        goals_reached=[tuple(np.round(goal, 6)) in reached for goal in ends],
        times_s=record.times_s,
        poses_map=record.poses_map,
        speeds_mps=record.twists[:, 0],
        clearances_m=record.clearances_m,
        limited=record.limited_by > 1,
        people_map={name: record.people_map[:, column] for column, name in enumerate(names)},
        contacts=[
            (contact.time_s, *contact.position_map, f"{contact.kind} {contact.name}, {'by the robot' if contact.by_robot else 'by it'}")
            for contact in record.contacts
        ],
        frames=tuple(camera.frames),
    )


def describe_outcome(record: EpisodeRecord) -> str:
    """How an episode ended, in one sentence."""
    duration_s = float(record.times_s[-1])
    own = [contact for contact in record.contacts if contact.by_robot]
    if own:
        first = own[0]
        return f"touched {_name_thing(first)} after {first.time_s:.1f} s at {first.speed_mps:.2f} m/s"
    if record.contacts:
        first = record.contacts[0]
        ending = "reached its goal, " if record.success else ""
        return f"{ending}was touched by {_name_thing(first)} after {first.time_s:.1f} s"
    if record.success:
        return f"succeeded in {duration_s:.1f} s without contact"
    said = next((goal.message for goal in reversed(record.goals) if goal.message), "")
    if record.timed_out:
        return f"ran out of time after {duration_s:.1f} s"
    return f"failed after {duration_s:.1f} s{': ' + said if said else ''}"


def _name_thing(contact) -> str:
    return contact.kind if contact.name in ("", contact.kind) else f"{contact.kind} {contact.name}"


def _view_shape(shape: Shape) -> ThingView:
    return ThingView(shape.outline_map, shape.kind, shape.mapped)


def _view_plan(plan: LocalPlan, pose_map_odom: FloatArray, most: int) -> dict:
    """What a cycle considered, moved into the map with the true pose of the odometry's frame."""
    place = lambda points: se2.transform_points(pose_map_odom, np.asarray(points, dtype=np.float64))  # noqa: E731
    ways, badness = rank_candidates(*plan.sample_candidates(most), most) if most else (np.zeros((0, 0, 2)), np.zeros(0))
    view = {
        "tracks": _view_tracks(plan, place, pose_map_odom[2]),
        "candidates_map": place(ways.reshape(-1, 2)).reshape(ways.shape),
        "badness": badness,
        "candidates": plan.candidates,
        "guidance_map": place(plan.guidance_odom) if len(plan.guidance_odom) else np.zeros((0, 2)),
    }
    if plan.trajectory is not None:
        view["trajectory_map"] = se2.compose(pose_map_odom, plan.trajectory.poses_odom)
    if plan.grid is not None:
        corner = se2.compose(pose_map_odom, np.array([*plan.grid.origin_odom, 0.0]))
        view["local_map"] = LocalMapView(plan.grid.occupancy.copy(), plan.grid.resolution_m, corner)
    return view


def _view_tracks(plan: LocalPlan, place, yaw_rad: float) -> tuple[TrackView, ...]:
    angles = np.linspace(0.0, 2.0 * np.pi, CIRCLE_SEGMENTS + 1)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    prediction = plan.prediction
    rows = {} if prediction is None else {track_id: row for row, track_id in enumerate(prediction.track_ids)}
    views = []
    for track in plan.tracks:
        ellipses = []
        if track.moving and track.track_id in rows:
            for time_s in ELLIPSE_TIMES_S:
                step = int(round(time_s / prediction.step_s))
                if step < prediction.means_odom.shape[1]:
                    values, vectors = np.linalg.eigh(prediction.covariances[rows[track.track_id], step])
                    axes = vectors * np.sqrt(np.maximum(values, 0.0))
                    ellipses.append(place(prediction.means_odom[rows[track.track_id], step] + ELLIPSE_SIGMAS * circle @ axes.T))
        turn = np.array([[np.cos(yaw_rad), -np.sin(yaw_rad)], [np.sin(yaw_rad), np.cos(yaw_rad)]])
        views.append(
            TrackView(
                position_map=place(track.state_odom[np.newaxis, :2])[0],
                velocity_map=turn @ track.state_odom[2:],
                radius_m=track.radius_m,
                moving=track.moving,
                ellipses_map=np.array(ellipses).reshape(-1, CIRCLE_SEGMENTS + 1, 2),
            )
        )
    return tuple(views)
