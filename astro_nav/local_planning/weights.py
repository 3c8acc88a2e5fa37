"""From parameters to what the kernels take."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.costs.collision import CollisionWeights
from astro_nav.kernels.costs.comfort import ComfortWeights
from astro_nav.kernels.costs.people import PeopleWeights
from astro_nav.kernels.costs.progress import ProgressWeights
from astro_nav.kernels.evaluate import Weights
from astro_nav.kernels.rollout import MotionLimits, PoseLaw
from astro_nav.params.local_planner import HindranceParams, LocalPlannerParams

single = np.float32


def make_weights(params: LocalPlannerParams, speed_limit_mps: float | None) -> Weights:
    """Gather everything that shapes motion and cost, in single precision.

    Args:
        params: the planner's parameters.
        speed_limit_mps: a limit below the robot's own, None for none.
    """
    limits, law, cost = params.robot.limits, params.law, params.cost
    ceiling = np.inf if speed_limit_mps is None else speed_limit_mps
    return Weights(
        limits=MotionLimits(
            max_speed=single(min(limits.max_speed_mps, ceiling)),
            max_reverse_speed=single(min(limits.max_reverse_speed_mps, ceiling)),
            max_turn_rate=single(limits.max_turn_rate_radps),
            max_wheel_speed=single(limits.max_wheel_speed_mps),
            half_separation=single(0.5 * params.robot.wheel_separation_m),
            acceleration=single(limits.max_acceleration_mps2),
            deceleration=single(limits.max_deceleration_mps2),
            jerk=single(limits.max_jerk_mps3),
            turn_acceleration=single(limits.max_turn_acceleration_radps2),
            turn_jerk=single(limits.max_turn_jerk_radps3),
        ),
        law=PoseLaw(
            k1=single(law.k1),
            k2=single(law.k2),
            beta=single(law.beta),
            arrival_time=single(law.arrival_time_s),
            arrival_deceleration=single(law.arrival_share * limits.max_deceleration_mps2),
            turn_gain=single(law.turn_gain_hz),
            turn_radius=single(law.turn_radius_m),
            max_curvature=single(law.max_curvature_pm),
        ),
        collision=CollisionWeights(
            per_metre=single(cost.hazard_per_metre),
            sigma=single(cost.hazard_sigma_m),
            sigma_time=single(cost.hazard_sigma_time_s),
            reach=single(params.robot.circumscribed_radius_m),
            wary_per_metre=single(0.0),
            wary_sigma=single(0.0),
            wary_direction=single(0.0),
        ),
        people=PeopleWeights(
            per_metre=single(cost.people_hazard_per_metre),
            idle=single(cost.people_idle_hz),
            sigma=single(cost.people_sigma_m),
            ahead_time=single(cost.people_ahead_time_s),
            space=single(cost.people_space),
            space_sigma=single(cost.people_space_sigma_m),
            approach=single(cost.people_approach),
        ),
        progress=ProgressWeights(
            survival=single(cost.weigh_by_survival),
            touch=single(cost.touch),
            impact=single(cost.impact),
            goal_radius=single(cost.goal_radius_m),
            goal_turn=single(cost.goal_turn),
            goal_ease=single(cost.goal_ease_m),
            goal_ease_turned=single(cost.goal_ease_turned_m),
            goal_turned=single(cost.goal_turned_rad),
            goal_reverse=single(cost.goal_reverse_rad),
            urgency=single(cost.urgency),
        ),
        comfort=ComfortWeights(
            turn=single(cost.turn),
            acceleration=single(cost.acceleration),
            turn_acceleration=single(cost.turn_acceleration),
            jerk=single(cost.jerk),
            turn_jerk=single(cost.turn_jerk),
            reverse=single(cost.reverse),
        ),
        heading=single(cost.heading),
        heading_fade=single(cost.heading_fade_m),
        consistency=single(cost.consistency),
        consistency_scale=single(cost.consistency_scale_m),
        unseen_forwards=single(cost.unseen_forwards),
        unseen_backwards=single(cost.unseen_backwards),
    )


def adapt_weights(
    weights: Weights, params: HindranceParams, caution: float, waiting_s: float, held_direction: float = 0.0
) -> Weights:
    """Weights for a robot that does not get on.

    Args:
        weights: the usual ones.
        params: how much they change.
        caution: 0 to 1; what stands still is the more hazardous, and from farther, the longer the robot is held up by it.
        waiting_s: the longer the robot waits, the less room it asks of people, never less than is safe; the more exactly it
            parks: one that rests and is not there yet has been content too soon; and the less it minds what moving costs,
            comfort and closeness to what stands still: waiting makes neither better.
        held_direction: the way in which it is held up, 1 forwards, -1 backwards, 0 turning; motion the other way needs no
            more caution than usual.
    """
    collision, people, progress = weights.collision, weights.people, weights.progress
    asked = params.least_room + (1.0 - params.least_room) * np.exp(-waiting_s / params.forbearance_s)
    price = params.least_price + (1.0 - params.least_price) * np.exp(-waiting_s / params.price_s)
    ease = params.least_ease + (1.0 - params.least_ease) * np.exp(-waiting_s / params.exactness_s)
    return weights._replace(
        collision=collision._replace(
            per_metre=single(collision.per_metre * price),
            wary_per_metre=single(collision.per_metre * price * params.caution_gain * caution),
            wary_sigma=single(params.caution_m * caution),
            wary_direction=single(held_direction),
        ),
        people=people._replace(space=single(people.space * asked)),
        progress=progress._replace(goal_ease_turned=single(progress.goal_ease_turned * ease)),
        comfort=type(weights.comfort)(*(single(weight * price) for weight in weights.comfort)),
    )
