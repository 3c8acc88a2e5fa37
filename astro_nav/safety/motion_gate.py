"""The decision of one period: of what is wanted, what may be done."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.final_check import FinalCheck, Finding
from astro_nav.safety.hold import Hold, stand
from astro_nav.safety.motion_limits import MotionLimiter, compute_limit_scale
from astro_nav.safety.outline import Outline
from astro_nav.safety.wishes import Wish
from astro_nav.types import LimitedBy

Twist = tuple[float, float]


@dataclass
class HardBraking:
    """Declared exceptions from smooth motion.

    Attributes:
        is_on: whether the newest command left the comfortable limits of acceleration or jerk.
        count: how often that began.
    """

    is_on: bool = False
    count: int = 0

    def note(self, is_on: bool) -> None:
        """Take in one period."""
        self.count += is_on and not self.is_on
        self.is_on = is_on


class MotionGate:
    """Lets a wish pass as far as holds, the final check and the robot's limits allow.

    Args:
        params: of the safety controller.
        outline: the robot's.
        check: looks ahead.

    Attributes:
        limiter: holds the newest command.
        hard_braking: whether that left the comfortable limits.
        has_moved: whether there has been a command at all.
    """

    def __init__(self, params: SafetyControllerParams, outline: Outline, check: FinalCheck) -> None:
        self._params = params
        self._outline = outline
        self._check = check
        self.limiter = MotionLimiter(params.robot.limits, params.robot.wheel_separation_m)
        self.hard_braking = HardBraking()
        self.has_moved = False
        self._blocked = False
        self._free_for_s = 0.0

    @property
    def twist(self) -> Twist:
        """The newest command."""
        return self.limiter.twist

    def update_params(self, params: SafetyControllerParams) -> None:
        """Swap in new parameters."""
        self._params = params

    def brake(self, duration_s: float) -> None:
        """Brake as hard as the robot can."""
        self.commit(self.limiter.brake(duration_s), duration_s, stopping=True)

    def decide(self, wish: Wish, holds: list[Hold], duration_s: float) -> Finding | None:
        """Find the new twist; holds of the final check are appended. Returns what limits along the wanted curve."""
        limiter = self.limiter
        finding = None
        if wish.outline_speed_mps > 0.0:
            finding = self._check.check_ahead(wish)
            if finding.scale < 1.0:
                holds.append(finding.make_hold(wish))
            holds += self._find_standing_hold(finding, wish, duration_s)
        scale = min((hold.scale for hold in holds), default=1.0)
        target = (scale * wish.twist[0], scale * wish.twist[1])
        if self._is_standstill(target):
            target = (0.0, 0.0)
        stopping = target == (0.0, 0.0)
        if stopping and any(hold.hard and hold.scale == 0.0 for hold in holds):
            twist = limiter.brake(duration_s)
        else:
            feed = (0.0, 0.0) if stopping else (scale * wish.acceleration[0], scale * wish.acceleration[1])
            proposed = limiter.propose(target, feed, duration_s)
            fitting = compute_limit_scale(proposed, self._params.robot.limits, self._params.robot.wheel_separation_m, math.inf)
            proposed = (fitting * proposed[0], fitting * proposed[1])
            twist, hard_finding = self._check_command(proposed, duration_s)
            if hard_finding is not None and hard_finding.scale < 1.0 and wish.outline_speed_mps > 0.0:
                holds.append(hard_finding.make_hold(wish))
                finding = hard_finding
        self.commit(twist, duration_s, stopping)
        if stopping and not any(limiter.twist):
            # Too slow to be worth moving is standing, and is said to be.
            holds[:] = [replace(hold, scale=0.0) if hold.scale == scale else hold for hold in holds]
        return finding

    def commit(self, twist: Twist, duration_s: float, stopping: bool) -> None:
        """Take the twist as this period's command, and count when it leaves the comfortable limits."""
        self.hard_braking.note(not self.limiter.is_comfortable(twist, duration_s))
        self.limiter.commit(twist, duration_s, stopping)
        self.has_moved = True

    def _find_standing_hold(self, finding: Finding, wish: Wish, duration_s: float) -> list[Hold]:
        """Before an obstacle the robot stands rather than crawls, until there is room worth moving for.

        Without the gap between the two speeds noise of lidar and odometry would make it creep on, or tremble.
        """
        check = self._params.check
        stands = self._outline.compute_speed(*self.limiter.twist) == 0.0
        needed_mps = min(check.restart_speed_mps if stands else check.crawl_speed_mps, wish.intended_mps)
        if stands and needed_mps > wish.outline_speed_mps:
            # A start is slow at first; what counts is whether there is room for what comes after it.
            wish = wish.quickened(needed_mps / wish.outline_speed_mps)
            finding = self._check.check_ahead(wish)
        if finding.allowed_mps < needed_mps:
            self._blocked, self._free_for_s = True, 0.0
        elif self._free_for_s >= check.restart_after_s or not stands:
            self._blocked = False
        self._free_for_s += duration_s
        if not self._blocked:
            return []
        if finding.scale < 1.0:
            return [replace(finding.make_hold(wish), scale=0.0)]
        sentence = f"the way was blocked until just now: waits {check.restart_after_s:g} s to be sure"
        return [stand(LimitedBy.OBSTACLE, "scan", sentence)]

    def _check_command(self, proposed: Twist, duration_s: float) -> tuple[Twist, Finding | None]:
        """The final check: what the command really causes, braking at the emergency limits included."""
        speed = self._outline.compute_speed(*proposed)
        if speed < 1e-6:
            return proposed, None
        finding = self._check.check_command(proposed, speed)
        if finding.scale >= 1.0:
            return proposed, finding
        wanted = (finding.scale * proposed[0], finding.scale * proposed[1])
        braked = self.limiter.brake(duration_s)
        if self._outline.compute_speed(*wanted) <= self._outline.compute_speed(*braked):
            return braked, finding
        return self.limiter.clip_to_emergency(wanted, duration_s), finding

    def _is_standstill(self, twist: Twist) -> bool:
        tracking = self._params.tracking
        return abs(twist[0]) < tracking.standing_speed_mps and abs(twist[1]) < tracking.standing_turn_rate_radps
