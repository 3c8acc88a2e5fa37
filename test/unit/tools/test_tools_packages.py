"""What pip says becomes one sentence; what a person's own pip settings say does not count where it would do harm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
from pypi_setup.packages import _STRAY_INCLUDES, _explain_pip_failure  # noqa: E402
from pypi_setup.paths import Checkout  # noqa: E402


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("WARNING: Retrying ... NewConnectionError: Failed to establish a new connection: [Errno -2] Name or service not known\nERROR: No matching "
         "distribution found for numpy==2.4.6", "does not answer"),
        ("ReadTimeoutError: HTTPSConnectionPool", "does not answer"),
        ("ProxyError('Cannot connect to proxy.')", "does not answer"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "certificate"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "distrust the index"),
        ("ERROR: No matching distribution found for ros-rclpy==7.1.6", "does not have ros-rclpy==7.1.6"),
        ("ERROR: something new", "ERROR: something new"),
        ("", "pip gave no reason"),
    ],
)
def test_failures_of_pip_are_explained(said, sentence):
    explained = _explain_pip_failure(said, Checkout(Path("/nowhere")))
    assert sentence in explained
    assert ".venv.log" in explained
    assert len(explained.splitlines()) == 1


def test_the_paths_of_the_build_machine_are_found():
    assert _STRAY_INCLUDES["python"].sub("X", '"/opt/python/cp312-cp312/include/python3.12"') == '"X"'
    assert _STRAY_INCLUDES["numpy"].sub("X", "/opt/python/cp310-cp310/lib/python3.10/site-packages/numpy/_core/include;") == "X;"
