"""What all tests share: the plain-loop oracles, importable as `reference.<kernel file>`, and where the data is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Everybody draws the same examples, so that a run tells whether a change is good, and not whether it was lucky.
# HYPOTHESIS_PROFILE=explore make test  draws others every time: to be run now and then.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

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


@pytest.fixture(scope="session", autouse=True)
def ros_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """ROS_HOME of this run: nothing that a node keeps (memory of doors, last stops, logs) meets another run or the user's own."""
    before = {name: os.environ.pop(name, None) for name in ("ROS_HOME", "ROS_LOG_DIR")}
    folder = tmp_path_factory.mktemp("ros_home")
    os.environ["ROS_HOME"] = str(folder)
    yield folder
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


class EmptyFileCheck:
    """Fails a run in which a test file collects no test: a renamed function or a wrong indent would drop it in silence.

    A file that skips itself as a whole says so with a reason and is let pass; tests left out by `-m` or `-k` count as collected.
    """

    def __init__(self) -> None:
        self._collected: set[Path] = set()
        self._with_tests: set[Path] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector):
        """Notes every test file that was imported without skipping itself."""
        report = yield
        if isinstance(collector, pytest.Module) and report.passed:
            self._collected.add(collector.path)
        return report

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Notes that a file holds a test."""
        self._with_tests.add(item.path)

    def pytest_collection_finish(self) -> None:
        """Names the files that hold none."""
        if empty := sorted(str(file) for file in self._collected - self._with_tests):
            raise pytest.UsageError(f"no test is collected from {', '.join(empty)}")


def pytest_configure(config: pytest.Config) -> None:
    """Puts the check to work."""
    config.pluginmanager.register(EmptyFileCheck())
