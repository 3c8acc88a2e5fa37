"""The safety controller's short memory on disk: its last stops, for whoever asks after the fact.

It lies beside the node's ROS log: `$ROS_LOG_DIR`, else `$ROS_HOME/log`, else `~/.ros/log`. So it is there after a reboot, and a run of the
demo has its own. A thread writes it: a slow disk must not hold up the motors.
"""

from __future__ import annotations

import os
import queue
import threading
from pathlib import Path

from astro_nav.safety.stops import Stop, write_stop

FILE_NAME = "astro_nav_stops.jsonl"
# Two files of this size at most, about 500 stops each.
MAX_BYTES = 200_000
MAX_WAITING = 100
CLOSE_S = 1.0


def find_log_folder() -> Path:
    """Where ROS puts its logs."""
    if os.environ.get("ROS_LOG_DIR"):
        return Path(os.environ["ROS_LOG_DIR"]).expanduser()
    return Path(os.environ.get("ROS_HOME") or "~/.ros").expanduser() / "log"


def find_stop_files(folder: Path) -> list[Path]:
    """The files of stops in a folder, the older part of each first."""
    newest = sorted(folder.glob(f"*{FILE_NAME}"))
    return [part for path in newest for part in (_older_part(path), path) if part.is_file()]


class StopLog:
    """Appends stops to the file, which never grows beyond a bound.

    Args:
        folder: made if need be.
        namespace: of the node; each robot has a file of its own.
    """

    def __init__(self, folder: Path, namespace: str = "") -> None:
        prefix = namespace.strip("/").replace("/", "_")
        self.path = folder / f"{prefix + '_' if prefix else ''}{FILE_NAME}"
        self.problem = ""
        self._waiting: queue.Queue[Stop | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._write_all, name="stop log", daemon=True)
        self._thread.start()

    def add(self, stop: Stop) -> None:
        """Have a stop written; returns at once."""
        try:
            self._waiting.put_nowait(stop)
        except queue.Full:
            self.problem = f"{self.path} takes no more: {MAX_WAITING} stops are waiting to be written, this one is lost"

    def close(self) -> None:
        """Write what waits."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(CLOSE_S)

    def _write_all(self) -> None:
        while (stop := self._waiting.get()) is not None:
            try:
                self._write(stop)
                self.problem = ""
            except OSError as error:
                self.problem = f"stops cannot be written down: {error}"

    def _write(self, stop: Stop) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > MAX_BYTES:
            os.replace(self.path, _older_part(self.path))
        with self.path.open("a", encoding="utf-8") as file:
            file.write(write_stop(stop) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _older_part(path: Path) -> Path:
    return path.with_name(path.name + ".1")
