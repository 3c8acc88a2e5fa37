"""The picture of a run."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from astro_nav.types import FREE, OCCUPIED, UNKNOWN, OccupancyMap
from astro_nav.visualization.picture import Moment, RunPicture, draw_picture, find_known_bounds, save_picture

FOOTPRINT = np.array([[0.2, 0.1], [-0.2, 0.1], [-0.2, -0.1], [0.2, -0.1]])


def make_map(yaw: float = 0.0) -> OccupancyMap:
    occupancy = np.full((60, 80), UNKNOWN, np.int8)
    occupancy[10:50, 10:70] = FREE
    occupancy[10, 10:70] = OCCUPIED
    return OccupancyMap(occupancy, 0.1, np.array([-2.0, 1.0, yaw]))


def make_run(count: int, moment: Moment | None = None) -> RunPicture:
    x = np.linspace(0.0, 3.0, count)
    return RunPicture(
        title="a run",
        map=make_map(),
        max_speed_mps=1.0,
        footprint_m=FOOTPRINT,
        times_s=np.arange(count, dtype=float),
        poses_map_base=np.column_stack([x, np.full(count, 3.0), np.zeros(count)]),
        speeds_mps=np.linspace(0.0, 1.0, count),
        clearances_m=np.ones(count),
        goals_map=np.array([[1.0, 3.0, 0.0], [3.0, 3.0, 1.57]]),
        goals_reached=[True, False],
        people_map={"anna": np.array([[0.0, 2.0], [1.0, 2.0]])},
        boxes_map=[np.array([[1.0, 3.5], [1.3, 3.5], [1.3, 3.8], [1.0, 3.8]])],
        moment=moment,
    )


def test_bounds_hold_the_known_cells_alone():
    low, high = find_known_bounds(make_map())
    assert low == pytest.approx([-2.0 + 1.0 - 0.4, 1.0 + 1.0 - 0.4])
    assert high == pytest.approx([-2.0 + 7.0 + 0.4, 1.0 + 5.0 + 0.4])


def test_bounds_follow_a_turned_map():
    low, high = find_known_bounds(make_map(yaw=np.pi / 2.0))
    assert low == pytest.approx([-2.0 - 5.0 - 0.4, 1.0 + 1.0 - 0.4])
    assert high == pytest.approx([-2.0 - 1.0 + 0.4, 1.0 + 7.0 + 0.4])


def test_the_path_has_one_segment_per_step_coloured_by_speed():
    figure = draw_picture(make_run(11))
    path = next(item for item in figure.axes[0].collections if isinstance(item, LineCollection))
    assert np.asarray(path.get_array()) == pytest.approx(np.linspace(0.05, 0.95, 10))
    assert [text.get_text() for text in figure.axes[0].texts if text.get_text()] == ["1", "2"]


def test_the_candidates_keep_their_colours():
    colors = np.array([[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0]])
    segments = np.array([[[0.0, 3.0], [1.0, 3.0]], [[0.0, 3.0], [0.5, 3.8]]])
    moment = Moment(np.array([0.0, 3.0, 0.0]), segments, colors, np.array([[1.0, 2.0]]), 4.0)
    detail = draw_picture(make_run(5, moment)).axes[1]
    lines = next(item for item in detail.collections if isinstance(item, LineCollection))
    assert lines.get_colors() == pytest.approx(colors)
    assert len(lines.get_segments()) == 2


@pytest.mark.parametrize("count", [0, 1, 50])
def test_a_file_is_written_however_short_the_run_was(tmp_path, count):
    save_picture(make_run(count), tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
