"""What the global map shows at places."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry import se2
from astro_nav.mapping.known_places import EMPTY, KNOWN, UNMAPPED, KnownPlaces
from astro_nav.types import OccupancyMap


def make_map(yaw_rad: float = 0.0) -> OccupancyMap:
    """2 x 1 m of 0.1 m, free on the left half and unknown on the right one, with one occupied cell in either."""
    occupancy = np.zeros((10, 20), np.int8)
    occupancy[:, 10:] = -1
    occupancy[5, 4] = occupancy[5, 14] = 100
    occupancy[2, 4] = 50
    return OccupancyMap(occupancy, 0.1, np.array([1.0, -2.0, yaw_rad]))


def test_places_are_known_within_the_distance_of_something_and_else_as_the_map_says():
    for yaw_rad in (0.0, 0.7):
        occupancy_map = make_map(yaw_rad)
        places = KnownPlaces(occupancy_map, 65, 0.12)
        local = np.array([[0.45, 0.55], [0.55, 0.55], [0.65, 0.55], [0.45, 0.25], [1.45, 0.45], [1.75, 0.45], [2.5, 0.5], [-0.1, 0.5]])
        classes = places.classify(se2.transform_points(occupancy_map.pose_map_origin, local))
        assert classes.tolist() == [KNOWN, KNOWN, EMPTY, EMPTY, KNOWN, UNMAPPED, UNMAPPED, UNMAPPED]


def test_places_that_are_not_finite_say_nothing():
    classes = KnownPlaces(make_map(), 65, 0.12).classify(np.array([[np.nan, 0.0], [np.inf, 1.0]]))
    assert classes.tolist() == [UNMAPPED, UNMAPPED]
    assert KnownPlaces(make_map(), 65, 0.12).classify(np.zeros((0, 2))).shape == (0,)
