"""Peers from PyPI, each of them optional: `pip install astro_nav[bench]`."""

from __future__ import annotations

import importlib
import importlib.metadata
from types import ModuleType

# Name on PyPI -> what is imported.
PEERS = {
    "pyastar2d": "pyastar2d",
    "tcod": "tcod.path",
    "scikit-image": "skimage.graph",
    "opencv-python-headless": "cv2",
    "edt": "edt",
}
OWN = ("numba", "numpy", "scipy")


def load_peer(name: str) -> ModuleType | None:
    """The module of a peer, None when it is not installed or cannot be loaded."""
    try:
        return importlib.import_module(PEERS[name])
    except (ImportError, OSError):
        return None


def list_versions() -> dict[str, str]:
    """Versions of everything that is measured or measures; "absent" for peers that are not installed."""
    versions = {}
    for name in (*OWN, *PEERS):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    return versions
