"""Running one node as one process: signals, exceptions, the order of shutting down, the exit code.

rclpy's own signal handlers invalidate the context at once; a node could then no longer publish a last message, and the
safety controller's last message is the zero command. So signals are taken here: they end the executor, the node shuts
down while it can still speak, and only then the context goes.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from types import FrameType

import rclpy
from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from astro_nav.errors import AstroNavError, ParameterError
from astro_nav.ros.executor import make_executor
from astro_nav.ros.node_help import asks_for_help, describe_executable

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_BAD_PARAMETERS = 2

# A node that hangs, in a callback or while it shuts down, must not keep the launch, and with it the robot's other nodes, from ending.
SHUT_DOWN_TIMEOUT_S = 5.0


class _Stop(BaseException):
    """A signal asked to end while the node was still being made."""


def run_node(make_node: Callable[[], Node], args: Sequence[str] | None = None) -> int:
    """Run one node until a signal, an error, or until it asks to end.

    `make_node` builds the node and may take its time (warming up). A node may have a method `shut_down()`, called once
    while publishers still work, in every case: after SIGINT and SIGTERM (exit code 0), after an exception that left a
    callback, a timer or a thread (exit code 1, logged with its traceback). Unusable parameters end with exit code 2 and
    the sentences alone. `--help` is answered without starting anything.

    Args:
        make_node: called once after rclpy is initialised; a node's class as a rule.
        args: the process's arguments, `sys.argv` when None.

    Returns:
        The process's exit code: `sys.exit(run_node(LocalPlannerNode))`.
    """
    if isinstance(make_node, type) and asks_for_help(sys.argv[1:] if args is None else list(args)[1:]):
        try:
            print(describe_executable(make_node), flush=True)
        except BrokenPipeError:  # `--help | head` has read enough; the interpreter must not try once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    try:
        rclpy.init(args=None if args is None else list(args), signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:  # rclpy raises several kinds for arguments or files that it cannot read
        print(f"cannot start: {_first_sentence(error)}", file=sys.stderr, flush=True)
        return EXIT_BAD_PARAMETERS
    runner = _Runner()
    runner.take_signals()
    try:
        return runner.run(make_node)
    finally:
        rclpy.try_shutdown()
        runner.give_signals_back()


class _Runner:
    """The state of one run."""

    def __init__(self) -> None:
        self._stopping = False
        self._spinning = False
        self._thread_error: threading.ExceptHookArgs | None = None
        self._executor: Executor | None = None
        self._previous_handlers = {}
        self._previous_excepthook = threading.excepthook
        self._wake_read, self._wake_write = os.pipe()
        self._previous_wakeup_fd = -1
        self._limit: threading.Timer | None = None

    def run(self, make_node: Callable[[], Node]) -> int:
        node: Node | None = None
        code = EXIT_OK
        try:
            node = make_node()
            # What the start has left, modules above all, lives for ever: later collections need not walk through it.
            gc.collect()
            gc.freeze()
            self._spin(node)
        except _Stop:
            pass
        except ParameterError as error:
            print(error, file=sys.stderr, flush=True)
            code = EXIT_BAD_PARAMETERS
        except AstroNavError as error:
            _report(node, f"ends: {error}")
            code = EXIT_FAILED
        except Exception:
            _report(node, f"ends after an exception:\n{traceback.format_exc()}")
            code = EXIT_FAILED
        if self._thread_error is not None:
            code = EXIT_FAILED
        self._stopping = True
        self._limit_shut_down()
        return self._shut_down(node) or code

    def take_signals(self) -> None:
        """Take SIGINT and SIGTERM, and exceptions of threads.

        Python runs a signal's handler only between two bytecodes of the main thread, which may be waiting inside the
        middleware. The pipe is written to at once, and a thread that reads it wakes the executor.
        """
        os.set_blocking(self._wake_write, False)
        self._previous_wakeup_fd = signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous_handlers[number] = signal.signal(number, self._stop)
        threading.excepthook = self._take_thread_error
        threading.Thread(target=self._wake_on_signal, name="signals", daemon=True).start()

    def give_signals_back(self) -> None:
        """Undo `take_signals`."""
        if self._limit is not None:
            self._limit.cancel()
        signal.set_wakeup_fd(self._previous_wakeup_fd)
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)
        threading.excepthook = self._previous_excepthook
        os.close(self._wake_write)  # the reading thread sees the end, and closes its side

    def _spin(self, node: Node) -> None:
        self._executor = make_executor(node.context)
        self._executor.add_node(node)
        self._spinning = True
        try:
            while not self._stopping and self._thread_error is None and node.context.ok():
                self._executor.spin_once(timeout_sec=1.0)
        finally:
            self._spinning = False

    def _shut_down(self, node: Node | None) -> int:
        code = EXIT_OK
        if node is not None and hasattr(node, "shut_down"):
            try:
                node.shut_down()
            except Exception:
                _report(node, f"could not shut down cleanly:\n{traceback.format_exc()}")
                code = EXIT_FAILED
        if self._executor is not None:
            self._executor.shutdown()
        if node is not None:
            node.destroy_node()
        return code

    def _stop(self, number: int, frame: FrameType | None) -> None:
        first, self._stopping = not self._stopping, True
        if first and not self._spinning:
            raise _Stop

    def _wake_on_signal(self) -> None:
        while os.read(self._wake_read, 64):
            self._limit_shut_down()
            self._wake()
        os.close(self._wake_read)

    def _limit_shut_down(self) -> None:
        if self._limit is None:
            self._limit = threading.Timer(SHUT_DOWN_TIMEOUT_S, _give_up)
            self._limit.daemon = True
            self._limit.start()

    def _wake(self) -> None:
        # A task ends the waiting of `spin_once`; `Executor.wake` only makes it look around and wait on.
        if self._executor is not None and self._spinning:
            self._executor.create_task(_do_nothing)

    def _take_thread_error(self, error: threading.ExceptHookArgs) -> None:
        if error.exc_type is SystemExit:
            return
        text = "".join(traceback.format_exception(error.exc_type, error.exc_value, error.exc_traceback))
        name = error.thread.name if error.thread is not None else "a thread"
        _report(None, f"ends after an exception in thread {name}:\n{text}")
        self._thread_error = error
        self._wake()


def _report(node: Node | None, sentence: str) -> None:
    if node is not None:
        node.get_logger().fatal(sentence)
    else:
        print(sentence, file=sys.stderr, flush=True)


def _do_nothing() -> None:
    pass


def _give_up() -> None:
    print(f"shutting down took more than {SHUT_DOWN_TIMEOUT_S:g} s: leaving at once", file=sys.stderr, flush=True)
    os._exit(EXIT_FAILED)


def _first_sentence(error: Exception) -> str:
    return " ".join(str(error).split())
