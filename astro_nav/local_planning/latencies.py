"""How long every stage takes from the world to the wheels, measured while driving."""

from __future__ import annotations

from collections import deque

from astro_nav.params.local_planner import LocalPlannerParams

# Deliveries that are remembered: a second at the usual rate. The longest but one counts, so that hardly a trajectory arrives
# after it should have begun, and one that was held up by chance does not push all others into the future.
RECENT = 10
# Down by this share of the difference per measurement, up at once.
FADING = 0.02


class Latencies:
    """Latency per stage.

    Stages: `sensor` from a scan's first ray to its arrival; `tracking`, `mapping` and `planning` are computing times;
    `transport` from a trajectory's sending to its arrival at the safety controller; `actuation` from a command to its
    effect, which no stamp shows.

    Args:
        params: of the local planner.
    """

    def __init__(self, params: LocalPlannerParams) -> None:
        self._known_s = {"sensor": 0.0, "mapping": 0.0, "tracking": 0.0, "planning": params.freshness.planning_latency_s}
        self._deliveries_s: deque[float] = deque(maxlen=RECENT)
        self.update_params(params)

    def update_params(self, params: LocalPlannerParams) -> None:
        """Use other parameters; what was measured is kept."""
        self._least_s = params.freshness.planning_latency_s
        # One slow cycle (a swapped-out page, a compilation) must not push trajectories seconds into the future.
        self._most_s = 2.0 / params.rate_hz
        self._actuation_s = params.robot.latency.actuation_s

    def note(self, stage: str, measured_s: float) -> None:
        """Follow the latency of a stage: up at once, down slowly."""
        measured_s = min(max(measured_s, 0.0), self._most_s) if stage != "sensor" else max(measured_s, 0.0)
        known_s = self._known_s[stage]
        self._known_s[stage] = measured_s if measured_s > known_s else known_s + FADING * (measured_s - known_s)

    def note_delivery(self, delay_s: float) -> None:
        """A trajectory arrived at the safety controller so long after its cycle had begun."""
        self._deliveries_s.append(max(delay_s, 0.0))

    @property
    def delivery_s(self) -> float:
        """From the start of a cycle until the safety controller has its trajectory; as computed while nobody reports it."""
        if not self._deliveries_s:
            return max(self._known_s["planning"], self._least_s)
        longest = sorted(self._deliveries_s)
        return max(longest[-2] if len(longest) > 1 else longest[-1], self._least_s)

    @property
    def lead_s(self) -> float:
        """From the start of a cycle until its trajectory moves the wheels."""
        return self.delivery_s + self._actuation_s

    def list_stages(self) -> dict[str, float]:
        """Stage -> latency [s]."""
        known_s = self._known_s
        transport_s = max(self.delivery_s - max(known_s["planning"], self._least_s), 0.0) if self._deliveries_s else 0.0
        stages = {"sensor": known_s["sensor"], "transport": transport_s}
        return stages | {name: known_s[name] for name in ("mapping", "tracking", "planning")} | {"actuation": self._actuation_s}
