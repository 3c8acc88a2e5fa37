"""The stand-ins are tested where they are used: in the PyPI environment."""

from __future__ import annotations

from pathlib import Path

import pytest

PYPI_ROS = Path(__file__).resolve().parents[3] / "pypi_ros"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests of this folder where tf2 and tf_transformations are a distribution's own."""
    reason = find_reason_to_skip()
    if reason:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


def find_reason_to_skip() -> str | None:
    """Returns why the stand-ins cannot be tested here, or None."""
    try:
        import tf2_ros
    except ImportError as error:
        return f"no ROS here ({error}): make setup"
    if PYPI_ROS not in Path(tf2_ros.__file__).resolve().parents:
        return "tf2_ros is that of a ROS distribution"
    return None
