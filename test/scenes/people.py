"""Parameters, tracks and rooms for tests of tracking and prediction."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.distance_field import compute_signed_distances
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.files import find_share_folder, read_parameter_file
from astro_nav.params.people import PredictionParams, TrackingParams
from astro_nav.params.schema import build_params
from astro_nav.tracking.tracker import Tracker
from astro_nav.types import LocalGrid, Track


def load_people_params(params_class, section: str, **changes):
    """The shipped values of `tracking` or `prediction`, with dotted changes (`a__b` for a.b)."""
    values = read_parameter_file(find_share_folder() / "config" / "local_planner.yaml", "local_planner")
    own = {name[len(section) + 1 :]: value for name, value in values.items() if name.startswith(section + ".")}
    own.update({name.replace("__", "."): value for name, value in changes.items()})
    return build_params(params_class, own, section)


def make_tracker(**changes) -> Tracker:
    return Tracker(load_people_params(TrackingParams, "tracking", **changes))


def make_prediction_params(**changes) -> PredictionParams:
    return load_people_params(PredictionParams, "prediction", **changes)


def make_track(number=1, state=(0.0, 0.0, 1.0, 0.0), deviation_m=0.05, deviation_mps=0.15, stamp_s=0.0, person=True) -> Track:
    covariance = np.diag([deviation_m**2, deviation_m**2, deviation_mps**2, deviation_mps**2])
    return Track(number, stamp_s, np.array(state, dtype=np.float64), covariance, 0.3, True, person)


def make_grid(occupied: np.ndarray, resolution_m: float = 0.05, origin=(-3.0, -3.0)) -> LocalGrid:
    distance = np.empty(occupied.shape, np.float32)
    compute_signed_distances(occupied, resolution_m, 2.0, distance)
    occupancy = np.where(occupied, 100, 0).astype(np.int8)
    return LocalGrid(0.0, np.array(origin), resolution_m, occupancy, distance)


def make_walled_grid(wall_x_m=1.5, door_y_m=None) -> LocalGrid:
    """6 x 6 m about the origin with a wall 0.1 m thick across x = wall_x_m, with a door of 1 m about door_y_m."""
    occupied = np.zeros((120, 120), bool)
    column = int(round((wall_x_m + 3.0) / 0.05))
    occupied[:, column : column + 2] = True
    if door_y_m is not None:
        row = int(round((door_y_m + 3.0) / 0.05))
        occupied[row - 10 : row + 10, column : column + 2] = False
    return make_grid(occupied)


def track_scene(scene, duration_s: float, tracker: Tracker | None = None, start_s=0.0, period_s=0.1, on_scan=None):
    """Feed a scene's scans to a tracker; returns [(stamp_s, tracks, points, mask)]."""
    tracker = tracker or make_tracker()
    results = []
    for k in range(int(round(duration_s / period_s))):
        points: ScanPoints = scene.scan(start_s + k * period_s)
        mask = tracker.update(points, np.zeros(len(points.hit), np.float32))
        results.append((points.stamp_s, tracker.list_tracks(points.stamp_s), points, mask))
        if on_scan is not None:
            on_scan(points, tracker)
    return results
