"""Images of maps: PGM read and written here, everything else through Pillow."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from astro_nav.errors import MapError

# An image of this many cells needs about 4 GB while it is read.
MAX_CELLS = 250_000_000
_NEXT_FIELD = re.compile(rb"(?:\s+|#[^\n]*\n)*(\d+)")


def read_image(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Read an image.

    Args:
        path: PGM, PNG or whatever Pillow reads.

    Returns:
        Brightness (H, W) or (H, W, C), float64 from 0 to 1, and opacity (H, W) likewise or None; row 0 is the top.

    Raises:
        MapError: when it is missing, cut off, empty or no image.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MapError(f"{path}: the map's image cannot be read: {error.strerror}: check image: in the YAML") from error
    if not content:
        raise MapError(f"{path}: the map's image is empty (0 bytes): save the map again")
    if content[:2] in (b"P2", b"P5"):
        return _read_pgm(content, path), None
    return _read_with_pillow(path)


def write_pgm(path: Path, shades: np.ndarray) -> None:
    """Write (H, W) uint8 grey values, row 0 at the top; raises OSError."""
    height, width = shades.shape
    path.write_bytes(b"P5\n%d %d\n255\n" % (width, height) + np.ascontiguousarray(shades, dtype=np.uint8).tobytes())


def check_size(width: int, height: int, path: Path) -> None:
    """Refuse images without cells and those that would not fit into memory."""
    if width < 1 or height < 1:
        raise MapError(f"{path}: the map's image has {width} x {height} cells, must have at least 1 x 1: save the map again")
    if width * height > MAX_CELLS:
        raise MapError(
            f"{path}: the map's image has {width} x {height} = {width * height} cells, limit {MAX_CELLS}: "
            "use a coarser resolution or cut the map"
        )


def _read_pgm(content: bytes, path: Path) -> np.ndarray:
    numbers, position = [], 2
    for _ in range(3):
        found = _NEXT_FIELD.match(content, position)
        if found is None:
            raise MapError(f"{path}: the header of the PGM image is cut off or damaged: save the map again")
        numbers.append(int(found.group(1)))
        position = found.end()
    width, height, maximum = numbers
    check_size(width, height, path)
    if not 1 <= maximum <= 65535:
        raise MapError(f"{path}: the PGM image's largest grey value is {maximum}, must be in [1, 65535]: save the map again")
    count = width * height
    if content[:2] == b"P2":
        try:
            values = np.array(re.sub(rb"#[^\n]*", b"", content[position:]).split()[:count], dtype=np.float64)
        except ValueError as error:
            raise MapError(f"{path}: the PGM image holds something that is no number: save the map again") from error
    else:
        cell = np.dtype(">u2" if maximum > 255 else "u1")
        available = content[position + 1 : position + 1 + count * cell.itemsize]
        values = np.frombuffer(available[: len(available) // cell.itemsize * cell.itemsize], dtype=cell)
    if len(values) < count:
        raise MapError(
            f"{path}: the PGM image is cut off: {len(values)} of {width} x {height} = {count} cells are there: copy it again"
        )
    return np.minimum(values.reshape(height, width) / maximum, 1.0)


def _read_with_pillow(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    # Only here, since most maps are PGM and the import costs a tenth of a second.
    from PIL import Image, UnidentifiedImageError

    previous_limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # check_size has its own limit
    try:
        with Image.open(path) as image:
            width, height = image.size
            check_size(width, height, path)
            if image.mode in ("I", "I;16", "I;16B", "I;16L"):
                return np.asarray(image, dtype=np.float64) / 65535.0, None
            has_opacity = image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info
            is_grey = image.mode in ("1", "L", "LA", "La")
            values = np.asarray(image.convert(("LA" if is_grey else "RGBA") if has_opacity else ("L" if is_grey else "RGB")))
    except UnidentifiedImageError as error:
        raise MapError(f"{path}: is no image that can be read: use PGM or PNG") from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises all of these for damaged files
        raise MapError(f"{path}: the map's image is damaged or cut off ({error}): copy it again") from error
    finally:
        Image.MAX_IMAGE_PIXELS = previous_limit
    scaled = values / 255.0
    if has_opacity:
        return scaled[..., :-1], scaled[..., -1]
    return scaled, None
