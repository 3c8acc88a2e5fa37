"""The buffer that nodes use: the tree of frames, waiting, and forgetting when time jumps back."""

from __future__ import annotations

import time as system_time
from collections.abc import Callable

from geometry_msgs.msg import TransformStamped
from rclpy.clock import Clock, JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.time import Time

from tf2_ros.buffer_core import BufferCore, to_nanoseconds


class Buffer(BufferCore):
    """Transforms of the recent past. Any method may be called from any thread.

    Args:
        cache_time: How far back a moving frame is remembered, 10 s if not given.
        node: Whose clock is watched for jumps back (a simulation that starts anew); without it only jumps of the system's clock can be
            seen, as in the original.
    """

    def __init__(self, cache_time: Duration | None = None, node: Node | None = None) -> None:
        super().__init__(cache_time)
        self.clock = Clock() if node is None else node.get_clock()
        threshold = JumpThreshold(min_forward=None, min_backward=Duration(seconds=-1), on_clock_change=True)
        self.jump_handle = self.clock.create_jump_callback(threshold, post_callback=self.time_jump_callback)

    def time_jump_callback(self, time_jump: TimeJump) -> None:  # noqa: ARG002 - rclpy's signature
        """Forgets what was heard before a jump: it would pass for the latest until the clock has caught up."""
        get_logger("tf2_buffer").warning("Detected jump back in time. Clearing tf buffer.")
        self.clear()

    def lookup_transform(self, target_frame: str, source_frame: str, time: Time, timeout: Duration = Duration()) -> TransformStamped:
        """Returns the pose of the source frame in the target frame.

        Args:
            target_frame: Frame in which the pose is expressed.
            source_frame: Frame whose pose is asked for.
            time: When; `Time()` for the latest time at which all of the chain is known.
            timeout: How long to wait for it. Transforms have to arrive in another thread meanwhile.

        Raises:
            TransformException: It is not known (see `BufferCore.lookup_transform_core`).
        """
        self.can_transform(target_frame, source_frame, time, timeout)
        return self.lookup_transform_core(target_frame, source_frame, time)

    def lookup_transform_full(self, target_frame: str, target_time: Time, source_frame: str, source_time: Time, fixed_frame: str,
                              timeout: Duration = Duration()) -> TransformStamped:
        """Returns the pose that the source frame had at one time in the target frame at another.

        Args:
            target_frame: Frame in which the pose is expressed.
            target_time: When the target frame is looked at, `Time()` for the latest.
            source_frame: Frame whose pose is asked for.
            source_time: When the source frame is looked at, `Time()` for the latest.
            fixed_frame: Frame that stands still between the two times.
            timeout: How long to wait for it.

        Raises:
            TransformException: It is not known.
        """
        self.can_transform_full(target_frame, target_time, source_frame, source_time, fixed_frame, timeout)
        return self.lookup_transform_full_core(target_frame, target_time, source_frame, source_time, fixed_frame)

    def can_transform(self, target_frame: str, source_frame: str, time: Time, timeout: Duration = Duration(),
                      return_debug_tuple: bool = False) -> bool | tuple[bool, str]:
        """Returns whether `lookup_transform` would succeed, with the reason as a second item if `return_debug_tuple`."""
        answer = self._wait_until(lambda: self.can_transform_core(target_frame, source_frame, time), timeout)
        return answer if return_debug_tuple else answer[0]

    def can_transform_full(self, target_frame: str, target_time: Time, source_frame: str, source_time: Time, fixed_frame: str,
                           timeout: Duration = Duration(), return_debug_tuple: bool = False) -> bool | tuple[bool, str]:
        """Returns whether `lookup_transform_full` would succeed, with the reason as a second item if `return_debug_tuple`."""
        answer = self._wait_until(
            lambda: self.can_transform_full_core(target_frame, target_time, source_frame, source_time, fixed_frame), timeout)
        return answer if return_debug_tuple else answer[0]

    def _wait_until(self, ask: Callable[[], tuple[bool, str]], timeout: Duration) -> tuple[bool, str]:
        """Asks again after every new transform until the answer is yes or the timeout has passed (in real time, as in the original)."""
        deadline_s = system_time.monotonic() + to_nanoseconds(timeout) / 1e9
        # Asked under the lock: a transform that arrives between question and waiting would go unnoticed.
        with self._changed:
            while True:
                answer = ask()
                left_s = deadline_s - system_time.monotonic()
                if answer[0] or left_s <= 0.0:
                    return answer
                self._changed.wait(left_s)
