"""How long the base takes to follow a command, measured from what was commanded and what the odometry saw."""

from __future__ import annotations

import numpy as np

from astro_nav.doctor.findings import ERROR, GOOD, WARNING, Finding
from astro_nav.doctor.observations import Observations
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.types import FloatArray

STEP_S = 0.01
MAX_LAG_S = 0.8
# Without changes of speed there is nothing to compare.
MIN_SPREAD_MPS, MIN_SPAN_S = 0.05, 3.0
# Half of what is commanded must be found in the odometry again, else the base did something else.
MAX_RESIDUAL_SHARE = 0.5
TOLERANCE_S = 0.04


def check_actuation(seen: Observations, params: SafetyControllerParams) -> list[Finding]:
    """Compare `robot.latency.actuation_s` with the lag between `cmd_vel` and `odom`; nothing is told when the robot hardly moved."""
    measured = measure_lag(
        np.array([(command.received_s, command.speed_mps) for command in seen.commands]).reshape(-1, 2),
        np.array([(sample.stamp_s, sample.speed_mps) for sample in seen.odometry]).reshape(-1, 2),
    )
    if measured is None:
        return []
    lag_s, residual_share = measured
    if residual_share > MAX_RESIDUAL_SHARE:
        return [Finding(ERROR, "latency", "the odometry does not follow cmd_vel, at no delay",
                        "see whether the base takes this cmd_vel, its units, its own limits, and the sign of the wheels")]  # fmt: skip
    set_s = params.robot.latency.actuation_s
    if abs(lag_s - set_s) > TOLERANCE_S:
        return [Finding(WARNING, "latency", f"the base follows {lag_s:.2f} s after cmd_vel, robot.latency.actuation_s is {set_s:g} s",
                        f"set robot.latency.actuation_s: {lag_s:.2f}, so that plans begin where the robot will be")]  # fmt: skip
    return [Finding(GOOD, "latency", f"the base follows {lag_s:.2f} s after cmd_vel, as robot.latency.actuation_s says")]


def measure_lag(commanded: FloatArray, followed: FloatArray) -> tuple[float, float] | None:
    """Find the delay at which one speed looks most like another.

    Args:
        commanded: (N, 2) times [s] and speeds [m/s].
        followed: (M, 2) likewise, a little later.

    Returns:
        The delay with the smallest mean square difference [s], and that difference as a share of the variance of `followed`;
        None when too little happened.
    """
    if len(commanded) < 10 or len(followed) < 10:
        return None
    begin_s, end_s = max(commanded[0, 0], followed[0, 0] - MAX_LAG_S) + MAX_LAG_S, min(commanded[-1, 0], followed[-1, 0])
    times = np.arange(begin_s, end_s, STEP_S)
    if len(times) * STEP_S < MIN_SPAN_S:
        return None
    speeds = np.interp(times, followed[:, 0], followed[:, 1])
    if np.std(np.interp(times, commanded[:, 0], commanded[:, 1])) < MIN_SPREAD_MPS:
        return None
    lags = np.arange(0.0, MAX_LAG_S, STEP_S)
    errors = [float(np.mean((np.interp(times - lag, commanded[:, 0], commanded[:, 1]) - speeds) ** 2)) for lag in lags]
    best = int(np.argmin(errors))
    return float(lags[best]), errors[best] / max(float(np.var(speeds)), 1e-6)
