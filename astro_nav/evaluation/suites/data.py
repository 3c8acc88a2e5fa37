"""Where data from elsewhere lies that some suites use; nothing of it is part of the project."""

from __future__ import annotations

import os
from pathlib import Path

DATA_VARIABLE = "ASTRO_NAV_DATA"


def find_data_folder() -> Path:
    """The folder named by ASTRO_NAV_DATA, or `../shared/data` beside the checkout; it need not exist."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "data"


def find_data_file(name: str) -> Path | None:
    """A file of the data folder, e.g. "barn/barn_50.npz"; None when it is absent."""
    path = find_data_folder() / name
    return path if path.is_file() else None


def explain_absence(name: str) -> str:
    """One sentence about a file that is absent."""
    return f"{name} is not in {find_data_folder()}: set {DATA_VARIABLE} to the folder that holds it"
