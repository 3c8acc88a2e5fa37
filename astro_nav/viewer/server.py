"""The HTTP server of the viewer: the page, a stream of news for each browser (server-sent events), goals.

A thread per connection, all of them bounded: in number, in the time that a request may take, in the size of what is sent here. Whoever
reads slowly blocks a thread of their own for a while, and is then let go.
"""

from __future__ import annotations

import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

from astro_nav.errors import AstroNavError
from astro_nav.types import FloatArray
from astro_nav.viewer.access import HEADERS, Access, make_access
from astro_nav.viewer.encoding import ViewError, dump_json
from astro_nav.viewer.film import Film
from astro_nav.viewer.goal_reading import read_goal
from astro_nav.viewer.hub import MAX_WATCHERS, Hub

PAGE_PACKAGE = "astro_nav.viewer"
FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "view.css": ("view.css", "text/css; charset=utf-8"),
    "scene.js": ("scene.js", "text/javascript; charset=utf-8"),
    "drawing.js": ("drawing.js", "text/javascript; charset=utf-8"),
    "view.js": ("view.js", "text/javascript; charset=utf-8"),
    "replay.js": ("replay.js", "text/javascript; charset=utf-8"),
}
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8460
REQUEST_TIMEOUT_S = 10.0  # for a request to arrive, and for anything sent to be taken
ALIVE_S = 3.0  # a stream without news says so, and finds out whether anybody is still there
SPARE_CONNECTIONS = 32  # beside the streams: pages, goals
STREAM_BUFFER_BYTES = 256 * 1024  # what waits for a slow reader is old by the time it arrives
MAX_BODY_BYTES = 4096


@dataclass
class Viewing:
    """What a server serves.

    Attributes:
        about: JSON that tells the page what it shows.
        hub: live parts; None for a recording.
        film: of a recording; None when live.
        send_goal: hands on a goal (3,) in the map; must return at once.
        cancel: cancels the goal; must return at once.
    """

    about: dict[str, Any]
    hub: Hub | None = None
    film: Film | None = None
    send_goal: Callable[[FloatArray], None] | None = None
    cancel: Callable[[], None] | None = None


class ViewServer(ThreadingHTTPServer):
    """Serves in threads of its own from `start` to `close`; the port is taken when it is made.

    Args:
        host: name or address to listen on.
        port: 0 for any free one.

    Raises:
        ViewError: when the address cannot be had.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    viewing: Viewing

    def __init__(self, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> None:
        family, address = _resolve(host, port)
        self.address_family = family
        self.access: Access = make_access(ip_address(address[0].partition("%")[0]).is_loopback)
        self._files = {path: (resources.files(PAGE_PACKAGE).joinpath("page", name).read_bytes(), kind) for path, (name, kind) in FILES.items()}
        self._places = threading.BoundedSemaphore(MAX_WATCHERS + SPARE_CONNECTIONS)
        self._thread: threading.Thread | None = None
        try:
            super().__init__(address, ViewHandler)
        except (OSError, OverflowError) as error:
            raise ViewError(
                f"cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}; end the other program, or take another port with --port (0: any)"
            ) from error

    @property
    def url(self) -> str:
        """The address to open, token included."""
        host, port = self.server_address[:2]
        if ip_address(str(host)).is_unspecified:
            host = socket.gethostname()
        return f"http://{f'[{host}]' if ':' in str(host) else host}:{port}{self.access.base_path}"

    def server_bind(self) -> None:
        """Bind; without the base class's look-up of the host's name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def start(self, viewing: Viewing) -> None:
        """Begin to serve."""
        self.viewing = viewing
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, name="view server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Send everybody home and free the port; a second time does nothing."""
        if self._thread is not None:
            if self.viewing.hub is not None:
                self.viewing.hub.close()
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()

    def read_file(self, path: str) -> tuple[bytes, str] | None:
        """Content and type of a file of the page."""
        return self._files.get(path)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a connection to a thread, while there are any to be had."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no more threads to be had
            self._places.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no error; anything else is a defect, and is said."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class ViewHandler(BaseHTTPRequestHandler):
    """One connection."""

    server: ViewServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "astro-nav-view", ""
    timeout = REQUEST_TIMEOUT_S
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s\n"

    def do_GET(self) -> None:
        """The page, its files, the stream, frames of a recording."""
        if (target := self._read_target()) is None:
            return
        path, query = target
        if problem := self.server.access.refuse_reading(self.headers, is_page=path == ""):
            self._say(403, problem)
        elif (file := self.server.read_file(path)) is not None:
            self._send(200, *file)
        elif path == "about.json":
            self._send(200, dump_json(self.server.viewing.about), "application/json")
        elif path == "events" and self.server.viewing.hub is not None:
            self._stream(self.server.viewing.hub)
        elif path in ("film", "frames") and self.server.viewing.film is not None:
            self._send_film(self.server.viewing.film, path, query)
        else:
            self._say(404, f"there is no {path[:80]!r} here")

    def do_POST(self) -> None:
        """A goal, or no goal any more."""
        if (target := self._read_target()) is None:
            return
        path, viewing = target[0], self.server.viewing
        if problem := self.server.access.refuse_command(self.headers):
            self._say(403, problem)
        elif path not in ("goal", "cancel"):
            self._say(404, f"there is no {path[:80]!r} here")
        elif viewing.send_goal is None or viewing.cancel is None:
            self._say(409, "a recording takes no goals")
        elif (body := self._read_body()) is not None:
            try:
                if path == "goal":
                    viewing.send_goal(read_goal(body))
                else:
                    viewing.cancel()
            except AstroNavError as error:
                self._say(400, str(error))
            else:
                self._send(202, b"{}", "application/json")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: a page asks often, and the address holds the token."""

    def _read_target(self) -> tuple[str, str] | None:
        """Path behind the token, and query; None after having said what is wrong."""
        try:
            target = urlsplit(self.path)
        except ValueError:
            self._say(400, "this is no address")
            return None
        path = self.server.access.strip_token(target.path)
        if path is None:
            self._say(403, "this needs the whole address that astro-nav view has printed, with its token")
            return None
        return path, target.query

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._say(411, "the request must say how long its content is")
        elif len(length) > 9 or int(length) > MAX_BODY_BYTES:
            self._say(413, f"the content has {length[:20]} bytes, a goal at most {MAX_BODY_BYTES}")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                return body
            self._say(400, "the content breaks off")
        return None

    def _send_film(self, film: Film, path: str, query: str) -> None:
        try:
            numbers = {name: int(values[0]) for name, values in parse_qs(query).items() if len(values[0]) < 12}
        except ValueError:
            self._say(400, "frames are asked for by whole numbers")
            return
        try:
            answer = film.describe(numbers.get("marks", 0)) if path == "film" else film.read(numbers.get("first", 0), numbers.get("count", 1))
        except ViewError as error:
            self._say(400, str(error))
        else:
            self._send(200, answer, "application/json")

    def _stream(self, hub: Hub) -> None:
        try:
            watcher = hub.watch()
        except ViewError as error:
            self._say(503, str(error))
            return
        with watcher:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, STREAM_BUFFER_BYTES)
            self._send_head(200, "text/event-stream")
            while (news := watcher.wait_for_news(ALIVE_S)) is not None:
                # All of it in one piece: `sendall` gives a reader who has stopped to read REQUEST_TIMEOUT_S, then raises.
                pieces = [b"event:%s\ndata:[%.2f,%s]\n\n" % (part.name.encode(), part.age_s, part.value) for part in news]
                self.connection.sendall(b"".join(pieces) or b"event:alive\ndata:0\n\n")

    def _say(self, code: int, sentence: str) -> None:
        self._send(code, f"{sentence}\n".encode(), "text/plain; charset=utf-8")

    def _send(self, code: int, content: bytes, kind: str) -> None:
        self._send_head(code, kind, len(content))
        self.wfile.write(content)

    def _send_head(self, code: int, kind: str, length: int | None = None) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")  # a waiting connection would keep a thread
        self.end_headers()


def open_in_browser(url: str) -> bool:
    """Show a page in the user's browser; returns whether there is one."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _resolve(host: str, port: int) -> tuple[int, Any]:
    if not 0 <= port <= 65535:
        raise ViewError(f"port {port} must be from 0 to 65535")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ViewError(f"{host!r} is no address of this machine: {error}; 127.0.0.1 is for this machine alone, 0.0.0.0 for all networks") from error
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return found[0][0], found[0][4]
