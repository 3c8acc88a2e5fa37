"""What all tests share: the plain-loop oracles, importable as `reference.<kernel file>`, and where the data is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TEST_FOLDER = Path(__file__).resolve().parent
if str(TEST_FOLDER) not in sys.path:
    sys.path.insert(0, str(TEST_FOLDER))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the shared data sets: ASTRO_NAV_DATA, or ../shared/data beside the checkout."""
    folder = Path(os.environ.get("ASTRO_NAV_DATA") or TEST_FOLDER.parents[1] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}: set ASTRO_NAV_DATA to the folder that holds maps/, barn/ and movingai/")
    return folder
