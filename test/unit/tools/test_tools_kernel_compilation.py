"""What a set-up shows of the kernels' compilation."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
from kernel_compilation import compile_kernels  # noqa: E402


def run_program(code: str) -> None:
    compile_kernels([sys.executable, "-c", code])


def test_the_parts_are_shown(capfd: pytest.CaptureFixture) -> None:
    run_program("print('1/2 first part'); print('a warning of the compiler'); print('2/2 second part')")
    said = capfd.readouterr()
    assert "compile kernels: 0/2" in said.out and "compile kernels: 1/2" in said.out and "second part" in said.out and "done in" in said.out
    assert "warning" not in said.out and said.err == ""


def test_with_nothing_to_do_nothing_is_said(capfd: pytest.CaptureFixture) -> None:
    run_program("pass")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("code", "reason"), [("print('1/2 first part'); raise ValueError('no such type')", "no such type"), ("import os; os._exit(7)", "exit code 7")]
)
def test_a_failure_is_told_and_ends_nothing(capfd: pytest.CaptureFixture, code: str, reason: str) -> None:
    run_program(code)
    assert reason in capfd.readouterr().err
