"""Reads a run's folder, a rosbag2 folder or an MCAP file into a film."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from astro_nav.viewer import topics
from astro_nav.viewer.encoding import ViewError
from astro_nav.viewer.film import Film
from astro_nav.viewer.scene import Scene, ViewedRobot
from astro_nav.viewer.topics import VIEWED_TOPICS, ViewedTopic

FRAME_S = 0.1
SETTLED_S = 2.0  # from then on what is missing is missing
RUN_RECORDING = "recording"
BAG_FILES = frozenset({".mcap", ".db3"})
# Reasons for which the robot slows down or stops, as opposed to having nothing to do.
ORDINARY_LIMITS = (0, 1)


def find_recording(path: Path) -> Path:
    """The rosbag2 folder or file of what a user names.

    Raises:
        ViewError: with what to name instead.
    """
    if not path.exists():
        raise ViewError(f"{path} does not exist: name a run's folder, a rosbag2 folder or an MCAP file")
    if path.is_file():
        if path.suffix not in BAG_FILES:
            raise ViewError(f"{path} is no recording: name a run's folder, a rosbag2 folder or an MCAP file")
        return path
    for folder in (path, path / RUN_RECORDING):
        if (folder / "metadata.yaml").is_file():
            return folder
        files = sorted(file for file in folder.glob("*") if file.suffix in BAG_FILES)
        if files:  # cut off before its metadata was written
            return files[0]
    if (path / "run.json").is_file():
        raise ViewError(f"{path} is a run of astro-nav evaluate, which records nothing: open {path / 'report.html'}, or use astro-nav render")
    raise ViewError(f"{path} holds no recording: name a run's folder of the demo, a rosbag2 folder or an MCAP file")


class RecordingReader:
    """Opens a recording at once, and makes its film in a thread.

    Args:
        path: folder or file.
        robot: that was recorded.
        namespace: of the robot, "" or "/robot1".

    Raises:
        ViewError: when it cannot be read, or holds nothing that can be shown.
    """

    def __init__(self, path: Path, robot: ViewedRobot, namespace: str = "") -> None:
        if importlib.util.find_spec("rosbags") is None:
            raise ViewError("recordings are read with the Python package rosbags: pip install rosbags")
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import Stores, get_typestore

        self.film = Film()
        self._path = path
        self._resources = ExitStack()
        self._stop = threading.Event()
        try:
            self._reader = AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY))
            self._resources.enter_context(self._reader)
        except Exception as error:  # rosbags and what it calls raise many kinds for a broken file
            raise ViewError(f"{path} is no recording that can be read: {error}") from error
        self._topics = match_topics(((c.topic, c.msgtype) for c in self._reader.connections), namespace)
        if not self._topics:
            recorded = ", ".join(sorted({c.topic for c in self._reader.connections})[:8]) or "nothing"
            raise ViewError(f"{path} holds none of the topics that are shown (map, /tf, odom, ...), but {recorded}: is --namespace right?")
        self._scene = Scene(robot, self._decode)
        self._thread = threading.Thread(target=self._make_film, name="film", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading and forget everything."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._resources.close()
        self.film.close()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the reading; returns whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _decode(self, topic: ViewedTopic, data: bytes) -> Any:
        return self._reader.deserialize(data, topic.type_name)

    def _make_film(self) -> None:
        try:
            self._read_messages()
            self.film.report_progress(1.0)
        except ViewError as error:
            self.film.report_progress(1.0, str(error))
        except Exception as error:  # a broken file may end anywhere in the reader; what came before it is shown
            self.film.report_progress(1.0, f"The recording breaks off: {error}")

    def _read_messages(self) -> None:
        connections = [c for c in self._reader.connections if (c.topic, c.msgtype) in self._topics]
        begin_ns = due_ns = None
        mark = _MarkFinder()
        for connection, received_ns, data in self._reader.messages(connections):
            if self._stop.is_set():
                return
            if begin_ns is None or due_ns is None:
                begin_ns, due_ns = received_ns, received_ns + int(1e9 * FRAME_S)
            while received_ns >= due_ns:
                self._add_frame(1e-9 * (due_ns - begin_ns), mark)
                # Through a gap in one step: nothing happens in it.
                due_ns += int(1e9 * FRAME_S) * max(1, int((received_ns - due_ns) / (1e9 * FRAME_S)))
                self.film.report_progress(min((received_ns - begin_ns) / max(self._reader.duration, 1), 0.999))
            self._scene.keep(self._topics[connection.topic, connection.msgtype], data)
        if begin_ns is None or due_ns is None:
            raise ViewError("The recording holds no message that can be shown.")
        self._add_frame(1e-9 * (due_ns - begin_ns), mark, is_last=True)

    def _add_frame(self, time_s: float, mark: _MarkFinder, is_last: bool = False) -> None:
        parts = self._scene.collect_changes(say_missing=is_last or time_s > SETTLED_S)
        self.film.add_frame(time_s, parts, mark.find(parts.get(topics.SAFETY.name)))


def match_topics(recorded: Iterable[tuple[str, str]], namespace: str) -> dict[tuple[str, str], ViewedTopic]:
    """Which recorded (name, type) is which viewed topic."""
    wanted: dict[tuple[str, str], ViewedTopic] = {}
    for topic in VIEWED_TOPICS:
        wanted[topic.name if topic.name.startswith("/") else f"{namespace}/{topic.name}", topic.type_name] = topic
    return {name_and_type: wanted[name_and_type] for name_and_type in recorded if name_and_type in wanted}


class _MarkFinder:
    """Moments in which something begins to hold the robot back."""

    def __init__(self) -> None:
        self._limit = 0

    def find(self, safety: bytes | None) -> str:
        if safety is None:
            return ""
        state = json.loads(safety)
        before, self._limit = self._limit, state["limit"]
        return (state["reason"] or state["by"]) if self._limit != before and self._limit not in ORDINARY_LIMITS else ""

