"""What somebody asks the robot to do in the next period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.outline import Outline
from astro_nav.safety.sweep import Sweep, sweep_arc
from astro_nav.safety.tracking import Reference, TrajectoryTracker

Twist = tuple[float, float]


@dataclass(frozen=True)
class Wish:
    """A wanted motion.

    Attributes:
        twist: wanted when the command takes effect.
        acceleration: how the twist changes, fed forward.
        outline_speed_mps: speed of the outline's fastest point under the twist.
        make_sweep: the curve ahead for a given way of the outline, in the frame of the robot when the command takes effect.
    """

    twist: Twist
    acceleration: Twist
    outline_speed_mps: float
    make_sweep: Callable[[float], Sweep] | None

    def scaled(self, scale: float) -> Wish:
        """The same motion, slower."""
        if scale >= 1.0:
            return self
        return replace(
            self,
            twist=(scale * self.twist[0], scale * self.twist[1]),
            acceleration=(scale * self.acceleration[0], scale * self.acceleration[1]),
            outline_speed_mps=scale * self.outline_speed_mps,
        )


NO_WISH = Wish((0.0, 0.0), (0.0, 0.0), 0.0, None)


def wish_from_teleop(twist: Twist, outline: Outline, params: SafetyControllerParams) -> Wish:
    """A joystick's twist, which goes on along its arc."""
    speed = outline.compute_speed(*twist)
    spacing_m = params.check.spacing_m

    def make_sweep(travel_m: float) -> Sweep:
        return sweep_arc(twist[0], twist[1], speed, travel_m, spacing_m)

    return Wish(twist, (0.0, 0.0), speed, make_sweep)


def wish_from_trajectory(twist: Twist, reference: Reference, tracker: TrajectoryTracker, outline: Outline) -> Wish:
    """The tracker's twist, which goes on along the trajectory's own curve."""
    course, time_s = tracker.course, tracker.time_s
    if course is None:
        return NO_WISH

    def make_sweep(travel_m: float) -> Sweep:
        return course.make_sweep(time_s, reference, travel_m)

    return Wish(twist, reference.acceleration, outline.compute_speed(*twist), make_sweep)
