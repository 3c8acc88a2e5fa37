"""What an examination finds, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Ordered from bad to good.
ERROR, WARNING, GOOD = "error", "warning", "ok"
LEVELS = (ERROR, WARNING, GOOD)
MARKS = {ERROR: "FIX ", WARNING: "look", GOOD: "ok  "}


@dataclass(frozen=True)
class Finding:
    """One sentence about one thing.

    Attributes:
        level: "error" (the robot cannot drive well, or at all), "warning", "ok".
        subject: what it is about, e.g. "scan".
        sentence: what was seen.
        remedy: what to do about it; empty when there is nothing to do.
    """

    level: str
    subject: str
    sentence: str
    remedy: str = ""


def sort_findings(findings: Sequence[Finding]) -> list[Finding]:
    """The worst first; the order within a level stays."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def describe_findings(findings: Sequence[Finding], source: str) -> str:
    """The report for a terminal."""
    lines = [f"Examined: {source}", ""]
    for finding in sort_findings(findings):
        lines.append(f"{MARKS[finding.level]}  {finding.subject}: {finding.sentence}")
        if finding.remedy:
            lines.append(f"      -> {finding.remedy}")
    counts = {level: sum(finding.level == level for finding in findings) for level in LEVELS}
    lines += ["", f"{counts[ERROR]} to fix, {counts[WARNING]} to look at, {counts[GOOD]} in order"]
    return "\n".join(lines)
