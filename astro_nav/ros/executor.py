"""The executor that all nodes use; docs/decisions.md has the figures behind the choice."""

from __future__ import annotations

from rclpy.context import Context
from rclpy.executors import Executor, SingleThreadedExecutor


def make_executor(context: Context) -> Executor:
    """Return an executor for one node."""
    return SingleThreadedExecutor(context=context)
