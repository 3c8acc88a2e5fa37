"""Planners of others in the place of the local planner, for comparison: `make_dwa`, `make_mppi`."""

from astro_nav.evaluation.peers.dynamic_window import make_dwa
from astro_nav.evaluation.peers.path_integral import make_mppi

__all__ = ["make_dwa", "make_mppi"]
