"""People and other moving things, tracked from the scan alone and, when there is one, with a camera's help."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from astro_nav.geometry import se2
from astro_nav.kernels.track_filter import predict_states, update_state
from astro_nav.kernels.track_visibility import mark_near_points
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.people import TrackingParams
from astro_nav.tracking.association import associate_legs
from astro_nav.tracking.background import Background
from astro_nav.tracking.births import find_free, find_newcomers, find_standing
from astro_nav.tracking.camera_fusion import fuse_people
from astro_nav.tracking.detection import Detections, Detector, measure_middle
from astro_nav.tracking.existence import (
    estimate_detection_probability,
    estimate_reappearance_probability,
    find_confirmed,
    find_living,
    find_proven,
    update_existence,
)
from astro_nav.tracking.frames import make_rotation, silence_broken_rays, transform_scan, transform_state
from astro_nav.tracking.motion_decision import RecentScans, decide_motion
from astro_nav.tracking.person_evidence import find_person_chances, measure_map_odds, update_person_odds
from astro_nav.tracking.ray_motion import RayMotion
from astro_nav.tracking.scan_alignment import ScanAligner
from astro_nav.tracking.track_table import HISTORY, TrackTable
from astro_nav.types import Float32Array, FloatArray, Track


class Tracker:
    """Follows everything that moves.

    A scan is laid onto an earlier one first, so that slipping wheels do not make furniture move: inside, everything is in
    a still frame; what comes out is in odom as it is now. Then it is cut into segments; those that may be legs or bodies
    are matched with the tracks, two legs a person; what nobody explains begins a new track when it lies in space that was
    seen free, or looks like somebody who stands there. A track counts once it has been seen often enough and seen to
    move, or once a camera names it; one that has never moved counts with the chance that it is a person.

    Args:
        params: of tracking.
    """

    def __init__(self, params: TrackingParams) -> None:
        self.params = params
        self._detector = Detector(params.segmentation, params.model)
        self._aligner = ScanAligner(params.alignment)
        self._background = Background(params.background)
        self._lidar = RayMotion(params.motion.slip_memory_s)
        self._scans = RecentScans(params.motion.window_s + params.motion.max_rest_s)
        self._table = TrackTable(params.existence.max_tracks)
        self._robot_still = np.zeros(2)
        self._stamp_s = -np.inf

    @property
    def stamp_s(self) -> float:
        """Time of the tracks, -inf before the first scan."""
        return self._stamp_s

    def clear(self) -> None:
        """Forget all tracks and all that was seen, e.g. when odometry jumped; numbers of tracks are not used again."""
        self._table.count = 0
        self._background.clear()
        self._lidar.clear()
        self._aligner.clear()
        self._scans.clear()
        self._stamp_s = -np.inf

    def update(
        self, points: ScanPoints, evidence: Float32Array, map_classes: NDArray[np.int8] | None = None
    ) -> NDArray[np.bool_]:
        """Take in one scan.

        Args:
            points: the scan. One that is not newer than the last changes no track; after a longer gap, or when the
                clock was set back, tracking begins anew.
            evidence: (N,) of the local map at the points: large where something is known to stand.
            map_classes: (N,) what the global map shows at the points, from `KnownPlaces.classify`; None without a map.

        Returns:
            (N,) True for hits that belong to moving tracks, to be kept out of the static map.
        """
        if not np.isfinite(points.stamp_s):
            return np.zeros(len(points.hit), dtype=bool)
        points = silence_broken_rays(points)
        step_s = points.stamp_s - self._stamp_s
        if np.isfinite(self._stamp_s) and not -self.params.max_gap_s <= step_s <= self.params.max_gap_s:
            self.clear()
            step_s = np.inf
        usable = self._detector.find_usable(points)
        if step_s <= 0.0:
            return self._mark_expected(points, usable)
        step_s = step_s if np.isfinite(step_s) else 0.0
        self._move_on(points.stamp_s)
        self._lidar.add_scan(points, step_s)
        if self._lidar.position_odom is None:
            return np.zeros(len(points.hit), dtype=bool)
        points = self._align(points, usable)
        classes = self._background.classify(points, usable, self._estimate_slip(points.ranges_m))
        detections = self._detector.detect(points, usable, classes)
        map_odds = measure_map_odds(detections, map_classes, self.params.evidence)
        assigned = self._correct_tracks(points, detections, map_odds, step_s)
        static_shares = detections.measure_share(evidence >= self.params.background.static_evidence)
        assigned = self._begin_tracks(detections, assigned, static_shares, map_odds)
        self._decide_motion(points, usable, detections, assigned, step_s)
        moving = self._learn(points, usable, classes, detections, assigned, step_s)
        self._merge_tracks(step_s)
        self._table.keep(find_living(self._table, self._stamp_s, self.params.evidence.least, self.params.existence))
        return moving

    def add_people(
        self, stamp_s: float, positions_odom: FloatArray, covariances: FloatArray, ids: Sequence[str]
    ) -> None:
        """Fuse people whom another sensor sees.

        Args:
            stamp_s: when they were seen. Reports older than `camera.max_age_s` against the newest scan are left out.
            positions_odom: (P, 2) [m]; rows that are not finite are left out.
            covariances: (P, 2, 2) [m^2]; what is not a covariance counts as the least exact one allowed.
            ids: P names that stay with a person, "" for unknown.
        """
        if not np.isfinite(stamp_s) or self._stamp_s - stamp_s > self.params.camera.max_age_s:
            return
        if stamp_s - self._stamp_s > self.params.camera.max_age_s:  # no scans: the camera alone moves time on
            if np.isfinite(self._stamp_s) and stamp_s - self._stamp_s > self.params.max_gap_s:
                self.clear()
            self._move_on(stamp_s)
            self._table.keep(find_living(self._table, self._stamp_s, self.params.evidence.least, self.params.existence))
        pose_still_odom = self._aligner.pose_still_odom
        positions = se2.transform_points(pose_still_odom, np.asarray(positions_odom, dtype=np.float64).reshape(-1, 2))
        turn = make_rotation(pose_still_odom[2])
        covariances = turn @ np.asarray(covariances, dtype=np.float64).reshape(-1, 2, 2) @ turn.T
        fuse_people(self._table, self._stamp_s, stamp_s, positions, covariances, ids, self.params)

    def list_tracks(self, now_s: float) -> list[Track]:
        """Return the tracks that count, by number, at the time of the newest scan.

        Args:
            now_s: the present; tracks not seen for longer than they may be hidden are left out, should scans fail.
        """
        table, params = self._table, self.params
        confirmed = find_confirmed(table, params.evidence.least)
        patience = np.where(table.moving[table.rows], params.existence.max_hidden_s, params.existence.max_hidden_standing_s)
        confirmed &= now_s - table.seen_s[table.rows] <= patience
        rows = np.flatnonzero(confirmed)
        chances, proven = find_person_chances(table, self.params.evidence), find_proven(table)
        order = rows[np.argsort(table.track_ids[rows])]
        return [self._make_track(int(row), float(chances[row]), bool(proven[row])) for row in order]

    def _make_track(self, row: int, chance: float, proven: bool) -> Track:
        table, shape = self._table, self.params.shape
        person = bool(np.isfinite(table.camera_s[row]) or table.widths[row] >= shape.min_person_width_m)
        person = person if proven else chance >= 0.5
        seen_radius = 0.5 * table.widths[row] + shape.margin_m
        radius = shape.person_radius_m if person or not proven else max(shape.min_radius_m, seen_radius)
        pose_odom_still = se2.invert(self._aligner.pose_still_odom)
        state, covariance = transform_state(pose_odom_still, table.states[row], table.covariances[row])
        return Track(
            track_id=int(table.track_ids[row]),
            stamp_s=self._stamp_s,
            state_odom=state,
            covariance=covariance,
            radius_m=radius,
            moving=bool(table.moving[row]),
            person=person,
            label=table.labels[row],
            chance=chance,
        )

    def _move_on(self, stamp_s: float) -> None:
        """Predict all tracks to a later time."""
        if np.isfinite(self._stamp_s) and self._table.count:
            rows = self._table.rows
            noise = self.params.model.acceleration_noise_mps2**2
            predict_states(self._table.states[rows], self._table.covariances[rows], stamp_s - self._stamp_s, noise)
        self._stamp_s = stamp_s

    def _align(self, points: ScanPoints, usable: NDArray[np.bool_]) -> ScanPoints:
        """Bring the still frame up to date and return the scan in it."""
        lidar, share = self._lidar, 1.0
        if self._aligner.align(points, usable & ~self._mark_expected(points, usable), lidar):
            share = self.params.alignment.residual_share
        lidar.note_slip(share)
        self._robot_still = se2.transform_points(self._aligner.pose_still_odom, lidar.position_odom)
        self._background.move_to(self._robot_still)
        return transform_scan(self._aligner.pose_still_odom, points)

    def _correct_tracks(
        self, points: ScanPoints, detections: Detections, map_odds: FloatArray, step_s: float
    ) -> NDArray[np.int64]:
        """Match, correct and weigh; returns the (M, 2) detections of every track."""
        table, params = self._table, self.params
        probability = estimate_detection_probability(
            table, points, self._lidar.ray_step_rad, self._robot_still, params.existence
        )
        reappearance = estimate_reappearance_probability(table, probability, params.existence)
        assigned = associate_legs(
            table, detections, reappearance, params.evidence.least, params.association, params.model
        )
        seen = assigned[:, 0] >= 0
        for row in np.flatnonzero(seen):
            self._correct_track(int(row), detections, assigned[row][assigned[row] >= 0], step_s)
        update_person_odds(table, assigned, detections, map_odds, step_s, params.evidence)
        # Furniture is no evidence of somebody, unless it looks like legs: who stood there before the robot came has been
        # taken for furniture. Who stands in free space never is, see `_learn`. What has never moved is there anyhow.
        looks = 1.0 / (1.0 + np.exp(-table.person_odds[table.rows]))
        furniture = np.where(seen, detections.measure_furniture(assigned) * (1.0 - looks), 0.0)
        candidate = ~find_proven(table) & (table.person_odds[table.rows] >= params.evidence.least)
        weights = np.where(seen, 1.0 - np.where(candidate, 0.0, furniture), 0.0)
        update_existence(table, seen, weights, probability, self._stamp_s, params.camera.max_age_s, params.existence)
        return assigned

    def _correct_track(self, row: int, detections: Detections, legs: NDArray[np.int64], step_s: float) -> None:
        """Correct one track with the one or two detections that are its legs."""
        table, params = self._table, self.params
        position, noise = measure_middle(detections, legs, params.model.leg_noise_m)
        update_state(table.states[row], table.covariances[row], position, noise, 0.0)
        share = 1.0 - np.exp(-step_s / params.motion.seen_free_memory_s)
        table.seen_free_share[row] += share * (detections.seen_free_shares[legs].mean() - table.seen_free_share[row])
        self._note_shape(row, detections, legs)

    def _note_shape(self, row: int, detections: Detections, legs: NDArray[np.int64]) -> None:
        width = detections.widths[legs].max()
        if len(legs) == 2:
            width += float(np.hypot(*(detections.positions[legs[0]] - detections.positions[legs[1]])))
        self._table.widths[row] = max(self._table.widths[row], width)
        # The history spans window and rest at any rate of scans; at the slowest ones every scan counts.
        motion = self.params.motion
        min_step_s = 0.7 * (motion.window_s + motion.max_rest_s) / (HISTORY - 2)
        self._table.remember(row, self._stamp_s, detections.surfaces[legs], min_step_s)

    def _begin_tracks(
        self, detections: Detections, assigned: NDArray[np.int64], static_shares: FloatArray, map_odds: FloatArray
    ) -> NDArray[np.int64]:
        """Begin tracks for what nobody explains and what has come into free space, or stands there like a person; returns
        `assigned` of the tracks (M, 2), from which those that had to make room are gone."""
        table, params = self._table, self.params
        distance_m = params.association.pair_distance_m
        # Whoever is more likely furniture than a person keeps nobody from being found beside them.
        people = table.states[table.rows, :2][find_confirmed(table, 0.0)]
        free = find_free(detections, assigned, people, distance_m)
        newcomers = find_newcomers(detections, free, static_shares, params.association)
        free[newcomers[newcomers >= 0]] = False
        standing = find_standing(detections, free, map_odds, distance_m, params.evidence)
        for group in np.concatenate([newcomers, standing]):
            legs = group[group >= 0]
            position, noise = measure_middle(detections, legs, params.model.leg_noise_m)
            if table.is_full:
                dropped = self._make_room(position)
                if dropped < 0:
                    break
                assigned = np.delete(assigned, dropped, axis=0) if dropped < len(assigned) else assigned
            row = table.add(position, noise, params.model.start_speed_mps, self._stamp_s, params.evidence.start)
            table.seen_free_share[row] = detections.seen_free_shares[legs].mean()
            self._note_shape(row, detections, legs)
        return assigned

    def _make_room(self, position: FloatArray) -> int:
        """Drop the farthest track that does not count, if it is farther than `position` (2,); returns its row or -1."""
        table = self._table
        away = np.linalg.norm(table.states[table.rows, :2] - self._robot_still, axis=1)
        away[find_confirmed(table)] = -1.0
        farthest = int(np.argmax(away))
        if away[farthest] <= np.hypot(*(position - self._robot_still)):
            return -1
        table.keep(np.arange(table.count) != farthest)
        return farthest

    def _estimate_slip(self, ranges_m: FloatArray) -> FloatArray:
        """How far (N,) [m] ends of rays of these lengths may have slipped against what was seen shortly before."""
        motion = self.params.motion
        return motion.turn_slip * self._lidar.turned_rad * ranges_m + motion.travel_slip * self._lidar.travelled_m

    def _estimate_false_speeds(self) -> FloatArray:
        """Speed (M,) [m/s] that standing things may seem to have because the robot's wheels slip."""
        motion = self.params.motion
        ranges = np.linalg.norm(self._table.states[self._table.rows, :2] - self._robot_still, axis=1)
        return motion.turn_slip * self._lidar.turn_rate_radps * ranges + motion.travel_slip * self._lidar.speed_mps

    def _decide_motion(self, points, usable, detections, assigned, step_s: float) -> None:
        """Decide who moves; places where somebody walks say nothing, for another may follow."""
        table = self._table
        walked = self._mark_tracks(table.moving[table.rows], points, usable, usable, detections, assigned)
        self._scans.add_scan(points.stamp_s, points.points_odom[usable & ~walked])
        seen = table.seen_s[table.rows] == self._stamp_s
        decide_motion(table, seen, self._scans, self._estimate_false_speeds(), self._stamp_s, step_s, self.params.motion)

    def _learn(self, points, usable, classes, detections, assigned, step_s: float) -> NDArray[np.bool_]:
        """Add the scan to the memory; returns (N,) True for hits of moving tracks."""
        table, loose = self._table, classes < 1
        moving = self._mark_tracks(table.moving[table.rows], points, usable, loose, detections, assigned)
        # Whoever stands in free space, or looks like a person, does not become furniture; whoever stands on it may be some.
        known = find_confirmed(table) & (table.seen_free_share[table.rows] >= self.params.motion.min_seen_free_share)
        known |= find_confirmed(table, 0.0) & (table.person_odds[table.rows] >= self.params.evidence.furniture)
        people = self._mark_tracks(known, points, usable, loose, detections, assigned)
        self._background.add_scan(points, moving | people, step_s)
        return moving

    def _mark_expected(self, points: ScanPoints, usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(N,) True for hits of a scan in odom that lie where moving tracks are expected."""
        moving = self._table.moving[self._table.rows]
        return self._mark_tracks(moving, transform_scan(self._aligner.pose_still_odom, points), usable, usable, None, None)

    def _mark_tracks(self, chosen, points, usable, loose, detections, assigned) -> NDArray[np.bool_]:
        """(N,) True for hits of the chosen tracks (M,): their own segments, and loose points within their reach."""
        table = self._table
        marked = np.zeros(len(usable), dtype=bool)
        rows = np.flatnonzero(chosen)
        if len(rows) == 0:
            return marked
        reach = np.full(len(rows), self.params.shape.reach_m)
        mark_near_points(points.points_odom, usable & loose, np.ascontiguousarray(table.states[rows, :2]), reach, marked)
        if detections is not None:
            legs = assigned[rows[rows < len(assigned)]].ravel()
            marked |= usable & np.isin(detections.labels, detections.segments[legs[legs >= 0]])
        return marked

    def _merge_tracks(self, step_s: float) -> None:
        """Drop the younger of two tracks that have been one person for a while."""
        table, association = self._table, self.params.association
        if table.count < 2:
            return
        rows = table.rows
        positions, seen = table.states[rows, :2], table.seen_s[rows] == self._stamp_s
        near = np.linalg.norm(positions[:, np.newaxis] - positions[np.newaxis], axis=2) < association.merge_distance_m
        near &= seen[:, np.newaxis] & seen[np.newaxis]
        np.fill_diagonal(near, False)
        table.near_s[rows, rows] = np.where(near, table.near_s[rows, rows] + step_s, 0.0)
        kept = np.ones(table.count, dtype=bool)
        # Who counts outlives who does not, then the older one.
        order = np.lexsort((table.track_ids[rows], ~find_confirmed(table)))
        for place, row in enumerate(order):
            if kept[row]:
                later = order[place + 1 :]
                kept[later[table.near_s[row, later] >= association.merge_s]] = False
        table.keep(kept)
