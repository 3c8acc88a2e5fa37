"""Map files: what the map_server means is what is loaded; what is broken is said in a sentence."""

import subprocess
import sys

import numpy as np
import pytest
import yaml
from PIL import Image

from astro_nav.errors import MapError
from astro_nav.mapping.map_file import load_map, save_map
from astro_nav.types import OccupancyMap

SHADES = np.array([[0, 100, 128, 205, 254, 255]], dtype=np.uint8)


def write_map(folder, shades=SHADES, image="map.pgm", **changes):
    """A map file with its image; keys can be changed, or left out with None."""
    path = folder / "map.yaml"
    if image.endswith(".pgm"):
        height, width = shades.shape
        (folder / image).write_bytes(b"P5\n# made by a test\n%d %d\n255\n" % (width, height) + shades.tobytes())
    else:
        Image.fromarray(shades).save(folder / image)
    keys = {
        "image": image, "resolution": 0.05, "origin": [-1.0, 2.0, 0.5],
        "negate": 0, "occupied_thresh": 0.65, "free_thresh": 0.196, **changes,
    }  # fmt: skip
    path.write_text(yaml.safe_dump({key: value for key, value in keys.items() if value is not None}))
    return path


# The map_server's rules, worked out by hand for occupancy = 1 - shade / 255: 1.0, 0.608, 0.498, 0.196, 0.0039, 0.0.
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [100, -1, -1, -1, 0, 0]),
        ({"mode": "trinary", "occupied_thresh": 0.6}, [100, 100, -1, -1, 0, 0]),
        ({"negate": 1}, [0, -1, -1, 100, 100, 100]),
        # (occupancy - 0.1) / (0.65 - 0.1) * 100, rounded; 1.0 is above the upper threshold, 0.0039 below the lower one.
        ({"mode": "scale", "free_thresh": 0.1}, [100, 92, 72, 17, 0, 0]),
        ({"mode": "raw"}, [0, 100, -1, -1, -1, -1]),
        ({"mode": "Trinary"}, [100, -1, -1, -1, 0, 0]),
    ],
)
@pytest.mark.parametrize("image", ["map.pgm", "map.png"])
def test_modes_follow_the_map_server(tmp_path, changes, expected, image):
    loaded = load_map(write_map(tmp_path, image=image, **changes))
    assert loaded.occupancy.tolist() == [expected]


def test_rows_start_at_the_origin(tmp_path):
    shades = np.full((3, 2), 254, dtype=np.uint8)
    shades[2, 0] = 0  # lower left in the picture
    loaded = load_map(write_map(tmp_path, shades))
    assert loaded.occupancy[0, 0] == 100
    assert (loaded.occupancy == 100).sum() == 1
    assert loaded.shape == (3, 2)
    assert loaded.resolution_m == 0.05
    assert loaded.pose_map_origin.tolist() == [-1.0, 2.0, 0.5]
    assert loaded.occupancy.dtype == np.int8


def test_thresholds_have_the_usual_defaults(tmp_path):
    path = write_map(tmp_path, occupied_thresh=None, free_thresh=None, negate=None)
    assert load_map(path).occupancy.tolist() == [[100, -1, -1, 0, 0, 0]]


def test_text_pgm_and_sixteen_bits(tmp_path):
    path = write_map(tmp_path)
    (tmp_path / "map.pgm").write_bytes(b"P2 3 1 # comment\n1000\n0 500 # more\n1000\n")
    assert load_map(path).occupancy.tolist() == [[100, -1, 0]]
    (tmp_path / "map.pgm").write_bytes(b"P5 2 1 65535\n" + np.array([0, 65535], dtype=">u2").tobytes())
    assert load_map(path).occupancy.tolist() == [[100, 0]]


def test_transparent_cells_of_a_scale_map_are_unknown(tmp_path):
    pixels = np.array([[[0, 255], [255, 255], [0, 0]]], dtype=np.uint8)
    path = write_map(tmp_path, mode="scale", image="map.png", shades=np.zeros((1, 1), dtype=np.uint8))
    Image.fromarray(pixels, mode="LA").save(tmp_path / "map.png")
    assert load_map(path).occupancy.tolist() == [[100, 0, -1]]


def test_colour_images_count_by_their_mean(tmp_path):
    pixels = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]], dtype=np.uint8)
    path = write_map(tmp_path, image="map.png", shades=np.zeros((1, 1), dtype=np.uint8))
    Image.fromarray(pixels).save(tmp_path / "map.png")
    assert load_map(path).occupancy.tolist() == [[100, 0, 100]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resolution": 0}, ["resolution", "0.001", "m"]),
        ({"resolution": -0.05}, ["resolution", "-0.05"]),
        ({"resolution": float("nan")}, ["resolution", "nan"]),
        ({"resolution": float("inf")}, ["resolution", "inf"]),
        ({"resolution": "fine"}, ["resolution", "fine"]),
        ({"resolution": 500.0}, ["resolution", "500"]),
        ({"resolution": None}, ["resolution", "missing"]),
        ({"origin": None, "image": "map.pgm"}, ["origin", "missing"]),
        ({"origin": [0.0]}, ["origin", "yaw"]),
        ({"origin": [0.0, float("inf"), 0.0]}, ["origin", "finite"]),
        ({"mode": "trinry"}, ["mode", "trinary", "scale", "raw"]),
        ({"negate": 2}, ["negate", "0 or 1"]),
        ({"occupied_thresh": 1.5}, ["occupied_thresh", "[0, 1]"]),
        ({"free_thresh": 0.7}, ["free_thresh", "below", "occupied_thresh"]),
        ({"image": "other.pgm"}, ["other.pgm", "No such file"]),
    ],
)
def test_nonsense_is_named(tmp_path, changes, words):
    path = write_map(tmp_path)
    keys = {**yaml.safe_load(path.read_text()), **changes}
    path.write_text(yaml.safe_dump({key: value for key, value in keys.items() if value is not None}))
    with pytest.raises(MapError) as caught:
        load_map(path)
    assert all(word in str(caught.value) for word in words), caught.value


def test_all_problems_come_at_once(tmp_path):
    with pytest.raises(MapError, match="resolution.*origin.*negate"):
        load_map(write_map(tmp_path, resolution=0, origin=[], negate="no"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["empty", "0 bytes"]),
        (b"P5 2", ["header", "cut off"]),
        (b"P5 0 4 255\n", ["0 x 4", "at least 1 x 1"]),
        (b"P5 4 4 255\n1234567", ["cut off", "7 of 4 x 4 = 16"]),
        (b"P5 2 1 65535\n123", ["cut off", "1 of 2 x 1"]),
        (b"P2 2 2 255\n1 2 3", ["cut off", "3 of 2 x 2"]),
        (b"P2 2 2 255\n1 2 3 x", ["no number"]),
        (b"P5 2 2 0\n1234", ["largest grey value is 0"]),
        (b"P5 99999 99999 255\n", ["99999 x 99999", "limit 250000000", "coarser"]),
        (b"once upon a time", ["no image"]),
        (b"\x89PNG\r\n\x1a\n broken", ["map.pgm"]),
    ],
)
def test_damaged_images_are_named(tmp_path, content, words):
    path = write_map(tmp_path)
    (tmp_path / "map.pgm").write_bytes(content)
    with pytest.raises(MapError) as caught:
        load_map(path)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_cut_off_png_is_named(tmp_path):
    generator = np.random.default_rng(0)
    path = write_map(tmp_path, generator.integers(0, 255, (50, 50), dtype=np.uint8), image="map.png")
    content = (tmp_path / "map.png").read_bytes()
    for length in range(0, len(content) - 12, 97):
        (tmp_path / "map.png").write_bytes(content[:length])
        with pytest.raises(MapError, match="map.png"):
            load_map(path)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list", "image: [", "\x00\x01"])
def test_files_that_are_no_map_are_named(tmp_path, text):
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(MapError, match="map.yaml"):
        load_map(path)


def test_a_missing_file_and_an_image_instead_of_the_yaml(tmp_path):
    with pytest.raises(MapError, match="No such file"):
        load_map(tmp_path / "nothing.yaml")
    write_map(tmp_path)
    with pytest.raises(MapError, match="map.pgm"):
        load_map(tmp_path / "map.pgm")
    with pytest.raises(MapError, match="directory"):
        load_map(tmp_path)


@pytest.mark.parametrize("values", [[-1, 0, 100], [-1, 0, 1, 37, 99, 100]])
def test_a_saved_map_is_loaded_as_it_was(tmp_path, values):
    generator = np.random.default_rng(5)
    occupancy = generator.choice(np.array(values, dtype=np.int8), (13, 7))
    saved = OccupancyMap(occupancy, 0.025, np.array([1.5, -2.25, 0.3]))
    save_map(saved, tmp_path / "saved.yaml")
    loaded = load_map(tmp_path / "saved.yaml")
    np.testing.assert_array_equal(loaded.occupancy, occupancy)
    assert loaded.resolution_m == 0.025
    np.testing.assert_array_equal(loaded.pose_map_origin, saved.pose_map_origin)


def test_a_map_that_cannot_be_written_is_named(tmp_path):
    saved = OccupancyMap(np.zeros((2, 2), dtype=np.int8), 0.05, np.zeros(3))
    with pytest.raises(MapError, match="cannot be written"):
        save_map(saved, tmp_path / "no folder" / "map.yaml")


def test_pgm_maps_need_no_pillow(tmp_path):
    path = write_map(tmp_path)
    program = (
        "import sys; from astro_nav.mapping.map_file import load_map; "
        f"load_map({str(path)!r}); sys.exit('PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_shared_maps_load(data_folder):
    expected = {"aws_small_house": (500, 500), "home_sarmis": (248, 275), "home_benedetti": (1568, 1056)}
    for name, shape in expected.items():
        loaded = load_map(data_folder / "maps" / f"{name}.yaml")
        assert loaded.shape == shape
        assert set(np.unique(loaded.occupancy)) <= {-1, 0, 100}
        assert (loaded.occupancy == 0).sum() > 1000 and (loaded.occupancy == 100).sum() > 1000
