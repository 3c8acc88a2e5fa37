"""Writes pictures one after another into a GIF (Pillow, always there) or an MP4 (ffmpeg, where it is installed)."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial import cKDTree

from astro_nav.errors import AstroNavError

LAST_PICTURE_S = 1.5  # the end stays for so long before the animation begins anew
GIF_STEP_S = 0.01  # a GIF counts in hundredths; players slow down what is shorter than two of them
GIF_COLORS = 255


def write_movie(pictures: Iterable[np.ndarray], path: Path, pictures_per_s: float, samples: Sequence[np.ndarray]) -> None:
    """Write an animation.

    Args:
        pictures: (H, W, 3) uint8 each, at least one; taken one at a time.
        path: ends in .gif or .mp4.
        pictures_per_s: how fast it is played.
        samples: a few of the pictures, from which a GIF's 255 colours are chosen.

    Raises:
        AstroNavError: for another ending, or MP4 without ffmpeg.
    """
    if path.suffix.lower() == ".gif":
        _write_gif(iter(pictures), path, pictures_per_s, samples)
    elif path.suffix.lower() == ".mp4":
        _write_mp4(iter(pictures), path, pictures_per_s, find_ffmpeg())
    else:
        raise AstroNavError(f"{path.name}: an animation is a .gif or an .mp4")


def find_ffmpeg() -> str:
    """The ffmpeg program: of the system, or the one that the Python package imageio-ffmpeg brings.

    Raises:
        AstroNavError: when there is none.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        try:
            import imageio_ffmpeg

            program = imageio_ffmpeg.get_ffmpeg_exe()
        except (ImportError, RuntimeError):
            raise AstroNavError("MP4 needs ffmpeg, which is not installed: apt install ffmpeg, or write a .gif") from None
    return program


def _write_gif(pictures: Iterator[np.ndarray], path: Path, pictures_per_s: float, samples: Sequence[np.ndarray]) -> None:
    """One palette for all: the colours of the pictures are few and steady. What does not change is left out (`optimize`)."""
    palette = Image.fromarray(np.concatenate(samples)).quantize(GIF_COLORS, method=Image.Quantize.MEDIANCUT)
    table = _make_color_table(palette)
    first, *rest = (_reduce_colors(picture, palette, table) for picture in pictures)
    steps = max(round(1.0 / (pictures_per_s * GIF_STEP_S)), 2)
    durations_ms = [steps * 10] * len(rest) + [int(1000 * LAST_PICTURE_S)]
    first.save(path, save_all=True, append_images=rest, duration=durations_ms, loop=0, optimize=True, disposal=1)


def _make_color_table(palette: Image.Image) -> np.ndarray:
    """Index of the nearest of the palette's colours for every colour of 5 bits each, (32768,) uint8."""
    steps = (np.arange(32) * 255 / 31).round()
    colors = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    known = np.array(palette.getpalette()[: 3 * GIF_COLORS], dtype=np.float64).reshape(-1, 3)
    return cKDTree(known).query(colors)[1].astype(np.uint8)


def _reduce_colors(picture: np.ndarray, palette: Image.Image, table: np.ndarray) -> Image.Image:
    bits = picture.astype(np.uint32) >> 3
    reduced = Image.fromarray(table[(bits[..., 0] << 10) | (bits[..., 1] << 5) | bits[..., 2]], mode="P")
    reduced.putpalette(palette.getpalette())
    return reduced


def _write_mp4(pictures: Iterator[np.ndarray], path: Path, pictures_per_s: float, program: str) -> None:
    first = next(pictures)
    height, width = (size // 2 * 2 for size in first.shape[:2])  # yuv420p wants even sizes
    command = [
        program, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{pictures_per_s:g}",
        "-i", "-", "-an", "-c:v", "libx264", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            for picture in itertools.chain([first], pictures):
                process.stdin.write(np.ascontiguousarray(picture[:height, :width]).tobytes())
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg has ended, and says below why
        complaint = process.stderr.read().decode(errors="replace").strip()
        if process.wait():
            raise AstroNavError(f"ffmpeg could not write {path}: {complaint.splitlines()[-1] if complaint else 'it said nothing'}")

