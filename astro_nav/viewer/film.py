"""A recorded run as frames, ten a second, that a page can ask for in any order.

Frames are made once, front to back, and lie in a temporary file: memory holds only where. So an hour of recording costs disk, not memory,
and a page can watch the beginning while the rest is still being read.
"""

from __future__ import annotations

import os
import tempfile
import threading
import zlib
from bisect import bisect_right
from collections.abc import Mapping

from astro_nav.viewer.encoding import ViewError, dump_json

MAX_FRAMES = 500_000  # fourteen hours
MAX_COUNT = 200  # frames in one answer
MAX_MARKS = 1000


class Film:
    """Frames of a recording; written by one thread, read by many."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="astro_nav_view_")
        self._size = 0
        self._lock = threading.Lock()
        self._times_s: list[float] = []
        # Of every part: frames in which it is new, and where it lies.
        self._frames: dict[str, list[int]] = {}
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._marks: list[tuple[int, str]] = []
        self._share = 0.0
        self._problem = ""

    def add_frame(self, time_s: float, parts: Mapping[str, bytes], mark: str = "") -> None:
        """Add a frame.

        Args:
            time_s: since the beginning.
            parts: that are new in it.
            mark: something special that a viewer may want to jump to.

        Raises:
            ViewError: when there are too many.
        """
        if len(self._times_s) >= MAX_FRAMES:
            raise ViewError(f"the recording is longer than {MAX_FRAMES} frames: only its beginning is shown")
        packed = [(name, zlib.compress(value, 1)) for name, value in parts.items()]
        self._file.seek(self._size)
        self._file.write(b"".join(data for _, data in packed))
        self._file.flush()
        with self._lock:
            number = len(self._times_s)
            for name, data in packed:
                self._frames.setdefault(name, []).append(number)
                self._places.setdefault(name, []).append((self._size, len(data)))
                self._size += len(data)
            if mark and len(self._marks) < MAX_MARKS:
                self._marks.append((number, mark))
            self._times_s.append(time_s)

    def report_progress(self, share: float, problem: str = "") -> None:
        """Say how much has been read, 1 for all, and what is wrong."""
        with self._lock:
            self._share, self._problem = share, problem or self._problem

    def describe(self, marks_after: int = 0) -> bytes:
        """JSON: number of frames, duration, how much has been read, marks from a number on."""
        with self._lock:
            value = {
                "frames": len(self._times_s),
                "duration": round(self._times_s[-1], 2) if self._times_s else 0.0,
                "share": round(self._share, 3),
                "problem": self._problem,
                "marks": [[number, round(self._times_s[number], 2), text] for number, text in self._marks[max(marks_after, 0) :]],
            }
        return dump_json(value)

    def read(self, first: int, count: int) -> bytes:
        """JSON: `state`, the newest of every part before frame `first`; `times` and `frames`, what is new in each from there.

        Raises:
            ViewError: for a frame that there is not.
        """
        with self._lock:
            total = len(self._times_s)
            if not 0 <= first < max(total, 1):
                raise ViewError(f"there is no frame {first}: the recording has {total}")
            last = min(first + max(1, min(count, MAX_COUNT)), total)
            times = [round(time_s, 3) for time_s in self._times_s[first:last]]
            state, wanted = {}, [{} for _ in range(last - first)]
            for name, frames in self._frames.items():
                begin = bisect_right(frames, first - 1)
                if begin:
                    state[name] = (*self._places[name][begin - 1], self._times_s[frames[begin - 1]])
                for k in range(begin, bisect_right(frames, last - 1)):
                    wanted[frames[k] - first][name] = self._places[name][k]
        old = [b"%s:[%.2f,%s]" % (dump_json(name), time_s, self._load(begin, size)) for name, (begin, size, time_s) in state.items()]
        new = [b"{" + b",".join(dump_json(name) + b":" + self._load(*place) for name, place in frame.items()) + b"}" for frame in wanted]
        return b'{"first":%d,"times":%s,"state":{%s},"frames":[%s]}' % (first, dump_json(times), b",".join(old), b",".join(new))

    def close(self) -> None:
        """Remove the temporary file."""
        self._file.close()

    def _load(self, begin: int, size: int) -> bytes:
        if self._file.closed:
            raise ViewError("astro-nav view is ending")
        return zlib.decompress(os.pread(self._file.fileno(), size, begin))
