"""The executor that all nodes use; docs/decisions.md has the figures behind the choice."""

from __future__ import annotations

from rclpy.context import Context
from rclpy.executors import Executor, SingleThreadedExecutor

try:
    from rclpy.experimental.events_executor import EventsExecutor
except ImportError:  # a distribution whose rclpy has none
    EventsExecutor = None


def make_executor(context: Context) -> Executor:
    """Return an executor for one node: all callbacks in one thread, in order.

    Callbacks have to be plain functions that take the message alone. rclpy 7.1's events executor ends the process with a
    segmentation fault when a coroutine or a task (`create_task`) raises, and with a SystemError when a subscription asks
    for the message's info. It has no guard conditions.
    (The execute callback of an action server is safe; rclpy catches what it raises, logs it and aborts the goal.)
    `Executor.wake` does not end the waiting of `spin_once`, in neither executor; a task does: `create_task`.
    """
    if EventsExecutor is not None:
        return EventsExecutor(context=context)
    return SingleThreadedExecutor(context=context)
