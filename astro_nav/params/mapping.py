"""Parameters of the rolling local map."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class RollingMapParams:
    """The square map around the robot."""

    size_m: float = parameter("edge of the map", unit="m", minimum=1.0, maximum=20.0)
    resolution_m: float = parameter("edge of a cell", unit="m", minimum=0.01, maximum=0.2)
    hit_gain: float = parameter("evidence that one hit adds", minimum=0.01, maximum=10.0)
    miss_gain: float = parameter("evidence that a scan's rays through a cell take away", minimum=0.01, maximum=10.0)
    evidence_limit: float = parameter("largest evidence for and against an obstacle", minimum=0.1, maximum=100.0)
    occupied_evidence: float = parameter("evidence from which a cell counts as an obstacle", minimum=0.01, maximum=10.0)
    memory_s: float = parameter("time in which evidence about what is out of sight fades to a third", unit="s", minimum=0.5, maximum=3600.0)
    max_distance_m: float = parameter("distances to obstacles are cut off here", unit="m", minimum=0.2, maximum=20.0)
    free_range_m: float = parameter("how far a ray without an echo shows free space, 0 for not at all", unit="m", minimum=0.0, maximum=100.0)

    def find_conflicts(self) -> list[str]:
        cells = self.size_m / self.resolution_m
        conflicts = []
        if cells > 400:
            conflicts.append(
                f"size_m = {self.size_m:g} m at resolution_m = {self.resolution_m:g} m makes {cells:.0f} cells an edge, "
                "at most 400: a period is too short for more"
            )
        if self.occupied_evidence > self.evidence_limit:
            conflicts.append(
                f"occupied_evidence = {self.occupied_evidence:g} exceeds evidence_limit = {self.evidence_limit:g}: "
                "no cell could ever be an obstacle"
            )
        return conflicts
