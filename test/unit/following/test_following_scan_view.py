"""What one scan says of a person, against plain geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scenes.ring_scan import make_legs, make_scan

from astro_nav.following.scan_view import BEYOND_M, BODY_HALF_WIDTH_M, BODY_LOOKS, ScanView


def far_from_everything(points):
    return np.full(len(points), 9.0)


@pytest.mark.parametrize(("x", "y"), [(1.2, 0.0), (-2.0, 1.0), (0.5, -3.0), (-3.0, -0.01)])
def test_a_person_is_found_where_they_stand(x, y):
    found = ScanView(make_scan((0.0, 0.0), make_legs(x, y, (x, y)))).find_candidates(far_from_everything)
    assert np.hypot(*(found.positions_map - [x, y]).T).min() < 0.1
    assert np.hypot(*(found.positions_map - [x, y]).T).max() < 0.25


def test_what_is_on_the_map_is_nobody():
    wall_y = 1.0
    scan = make_scan((0.0, 0.0), make_legs(1.5, 0.0), [(-4.0, wall_y, 4.0, wall_y)])
    found = ScanView(scan).find_candidates(lambda points: np.abs(points[:, 1] - wall_y))
    assert len(found.weights) and np.hypot(*(found.positions_map - [1.5, 0.0]).T).max() < 0.25


def test_a_wall_that_is_not_on_the_map_is_too_wide_for_a_person():
    found = ScanView(make_scan((0.0, 0.0), [], [(2.0, -2.0, 2.0, 2.0)])).find_candidates(far_from_everything)
    assert len(found.weights) == 0 and len(found.ends_map) > 50


def test_an_empty_scan_has_no_candidates():
    assert len(ScanView(make_scan((0.0, 0.0), [])).find_candidates(far_from_everything).weights) == 0


def test_rays_pass_where_nobody_is_and_say_nothing_behind_things():
    view = ScanView(make_scan((0.0, 0.0), make_legs(2.0, 0.0), [(-4.0, 3.0, 4.0, 3.0)]))
    passed, in_view = view.measure_passed(np.array([[1.0, 1.5], [0.0, 4.0], [2.0, 0.0]]))
    assert passed[0] == 1.0 and in_view[0] == 1.0
    assert passed[1] == 0.0 and in_view[1] == 0.0
    assert passed[2] <= 0.6


def test_what_rays_pass_agrees_with_plain_loops():
    scan = make_scan((0.3, -0.2), [(1.0, 1.0, 0.3), (-1.0, 0.5, 0.2)], [(-2.0, -1.5, 2.0, -1.0)])
    view = ScanView(scan)
    reach = {}
    for point in scan.points_odom:
        dx, dy = point[0] - 0.3, point[1] + 0.2
        number = math.floor((math.atan2(dy, dx) + math.pi) / math.radians(1.0)) % 360
        reach[number] = min(reach.get(number, math.inf), math.hypot(dx, dy))
    for place in np.random.default_rng(3).uniform(-3.0, 3.0, (60, 2)):
        dx, dy = place[0] - 0.3, place[1] + 0.2
        away, known, passed = math.hypot(dx, dy), 0, 0
        for across in np.linspace(-BODY_HALF_WIDTH_M, BODY_HALF_WIDTH_M, BODY_LOOKS):
            bearing = math.atan2(dy, dx) + math.atan2(across, away)
            number = math.floor(((bearing + math.pi) % (2.0 * math.pi)) / math.radians(1.0)) % 360
            if number in reach:
                known += 1
                passed += reach[number] > away + BEYOND_M
        assert view.measure_passed(place[np.newaxis])[0][0] == pytest.approx(passed / max(known, 2))
