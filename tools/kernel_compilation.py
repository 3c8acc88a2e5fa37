"""Has the kernels compiled before anything needs them, so that no node compiles for itself when the robot is started first."""

from __future__ import annotations

import re
import subprocess
import sys

from pypi_setup.progress import ProgressLine


def compile_kernels(command: list[str]) -> None:
    """Runs the program that compiles what is missing and shows how far it is; nothing is shown when nothing is missing.

    What cannot be compiled is told, and the set-up goes on: whoever needs the kernels will fail with all details.

    Args:
        command: The program; it says `1/3 global planner` and so on at the beginning of each part.
    """
    progress, said = None, []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        for line in process.stdout:
            said.append(line)
            if part := re.fullmatch(r"(\d+)/(\d+) (.*)\n", line):
                progress = progress or ProgressLine("compile kernels", int(part[2]))
                progress.show(int(part[1]) - 1, part[3])
    if process.returncode:
        print(f"\nThe kernels were not compiled beforehand: {said[-1].strip() if said else f'exit code {process.returncode}'}", file=sys.stderr)
    elif progress:
        progress.finish()
