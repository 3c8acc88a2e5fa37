"""A headless Chromium, driven through the pipe of its debugging protocol: nothing but the standard library, no port.

Found by the variable ASTRO_NAV_CHROMIUM, or in PATH.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LIMIT_S = 60.0  # for what hangs


def find_chromium() -> str | None:
    """The program to start, None when there is none."""
    named = os.environ.get("ASTRO_NAV_CHROMIUM", "")
    return shutil.which(named) if named else next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page in a headless Chromium; a context that leaves no process behind."""

    def __init__(self, program: str, width: int = 1280, height: int = 800, scheme: str = "light") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="astro_nav_browser_", ignore_cleanup_errors=True)
        to_child, self._write = os.pipe()
        self._read, from_child = os.pipe()
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe",
                 f"--window-size={width},{height}", f"--user-data-dir={self._folder.name}"]  # fmt: skip

        def take_pipes() -> None:
            # The protocol is spoken on 3 and 4. Both are moved out of the way first, because they may be 3 or 4 already.
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_child, from_child)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [program, *flags, "about:blank"], preexec_fn=take_pipes, close_fds=False, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_child)
        os.close(from_child)
        self._buffer, self._number, self._session = b"", 0, ""
        self.problems: list[str] = []
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *problem: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # a session of its own: its helpers go with it
        self.process.wait()
        os.close(self._read)
        os.close(self._write)
        self._folder.cleanup()

    def open(self, url: str) -> None:
        """Go to a page."""
        self.call("Page.navigate", url=url)

    def run(self, expression: str) -> Any:
        """Value of a JavaScript expression in the page; promises are awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_until(self, expression: str) -> Any:
        """Wait until an expression is true; returns it."""
        deadline = time.monotonic() + LIMIT_S
        while not (value := self.run(f"(() => {{ try {{ return {expression}; }} catch {{ return null; }} }})()")):
            assert time.monotonic() < deadline, f"{expression} never came true; the page says {self.run('document.body.innerText')!r}, {self.problems}"
            time.sleep(0.05)
        return value

    def drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the left button, move, let go."""
        middle = (0.5 * (begin[0] + end[0]), 0.5 * (begin[1] + end[1]))
        for kind, (x, y), button in (("mouseMoved", begin, 0), ("mousePressed", begin, 1), ("mouseMoved", middle, 1), ("mouseMoved", end, 1)):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left" if button else "none", buttons=button, clickCount=int(kind == "mousePressed"))
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], button="left", buttons=0, clickCount=1)

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        x, y = self.run(f"(() => {{ const box = document.querySelector({selector!r}).getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()")
        self.drag((x, y), (x, y))

    def take_picture(self, path: Path) -> None:
        """Write a PNG of the page."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters, **({"sessionId": self._session} if self._session else {})}
        os.write(self._write, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + LIMIT_S
        while True:
            message = self._receive(deadline, method)
            if message.get("id") == self._number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._note_problem(message)

    def _receive(self, deadline: float, method: str) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._read], [], [], max(deadline - time.monotonic(), 0.0))[0], f"no answer to {method}"
            piece = os.read(self._read, 2**16)
            assert piece, f"the browser has ended ({self.process.poll()})"
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _note_problem(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(message["params"]["exceptionDetails"])[:500])
        if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.problems.append(message["params"]["entry"]["text"])
