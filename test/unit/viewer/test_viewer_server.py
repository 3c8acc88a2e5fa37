"""The server over real sockets: what it serves, to whom, and that no client can hold up the others."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from astro_nav.viewer import server as server_module
from astro_nav.viewer.access import Access
from astro_nav.viewer.encoding import ViewError
from astro_nav.viewer.hub import Hub
from astro_nav.viewer.server import FILES, MAX_BODY_BYTES, Viewing, ViewServer

LIMIT_S = 60.0
GOAL = b'{"x": 1.0, "y": 2.0, "yaw": 0.5}'


@dataclass
class Served:
    """A server on a free port of the loopback address, and what it was asked for."""

    server: ViewServer
    hub: Hub
    goals: list = field(default_factory=list)
    cancels: list = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def own(self) -> dict[str, str]:
        """Headers of the viewer's own page."""
        return {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        finally:
            connection.close()

    def listen(self, path: str = "/events") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT_S)
        client.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path.encode())
        return client


@pytest.fixture()
def served() -> Iterator[Served]:
    hub = Hub()
    server = ViewServer(port=0)
    made = Served(server, hub)
    server.start(Viewing({"mode": "live"}, hub=hub, send_goal=made.goals.append, cancel=lambda: made.cancels.append(True)))
    yield made
    server.close()


def wait_for(condition) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def read_until(client: socket.socket, text: bytes) -> bytes:
    got = b""
    while text not in got:
        piece = client.recv(65536)
        assert piece, got
        got += piece
    return got


def test_the_page_and_its_files_are_served_and_need_nothing_from_elsewhere(served):
    for path in FILES:
        code, text, headers = served.ask("GET", f"/{path}")
        assert code == 200 and len(text) > 500, path
        assert "http://" not in text and "https://" not in text, path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] and headers["X-Frame-Options"] == "DENY"
    assert served.ask("GET", "/about.json")[1] == '{"mode":"live"}'


def test_what_is_not_there_is_said(served):
    for path in ("/nothing", "/../server.py", "/%2e%2e/server.py", "/page/view.js", "/frames"):
        assert served.ask("GET", path)[0] == 404, path
    assert served.ask("PUT", "/goal")[0] == 501


def test_news_are_streamed(served):
    served.hub.publish({"robot": b'{"at":[1,2,3]}'})
    with served.listen() as client:
        got = read_until(client, b"\n\n")
        assert b"text/event-stream" in got
        got += b"" if b"event:" in got else read_until(client, b"\n\n")
        event = got[got.index(b"event:") :].decode().split("\n")
        assert event[0] == "event:robot" and json.loads(event[1].removeprefix("data:"))[1] == {"at": [1, 2, 3]}
        served.hub.publish({"robot": b"{}"})
        read_until(client, b",{}]\n\n")
    # A client that has gone is noticed with the next news.
    wait_for(lambda: served.hub.publish({"robot": b"{}"}) or served.hub.watchers == 0)


def test_the_own_page_sets_and_cancels_goals(served):
    assert served.ask("POST", "/goal", served.own, GOAL)[0] == 202
    assert served.ask("POST", "/cancel", served.own, b"{}")[0] == 202
    assert [goal.tolist() for goal in served.goals] == [[1.0, 2.0, 0.5]] and served.cancels == [True]


def test_malformed_goals_are_answered_with_a_sentence(served):
    code, text, _ = served.ask("POST", "/goal", served.own, b'{"x": NaN, "y": 0, "yaw": 0}')
    assert code == 400 and "x = nan is out of bounds" in text
    assert served.ask("POST", "/goal", served.own, b"{" * MAX_BODY_BYTES)[0] == 400
    assert served.ask("POST", "/goal", {**served.own, "Content-Length": "-1"}, b"")[0] == 411
    assert served.ask("POST", "/goal", {**served.own, "Content-Length": "9" * 50}, b"")[0] == 413
    assert served.ask("POST", "/goal", served.own, b" " * (MAX_BODY_BYTES + 1))[0] == 413
    assert served.goals == []


FOREIGN = {
    "another page": {"Origin": "http://evil.example"},
    "another port of this machine": {"Origin": "http://127.0.0.1:1"},
    "a sandboxed page": {"Origin": "null"},
    "https": {"Origin": "https://127.0.0.1:{port}"},
    "no origin": {"Origin": ""},
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "plain text": {"Content-Type": "text/plain"},
    "a rebound name": {"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"},
    "a name like ours": {"Host": "127.0.0.1.evil.example", "Origin": "http://127.0.0.1.evil.example"},
    "an address of the network": {"Host": "192.168.1.7:{port}", "Origin": "http://192.168.1.7:{port}"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_no_page_from_elsewhere_moves_the_robot(served, headers):
    filled = {name: value.replace("{port}", str(served.port)) for name, value in headers.items()}
    sent = {name: value for name, value in {**served.own, **filled}.items() if value}
    for path in ("/goal", "/cancel"):
        assert served.ask("POST", path, sent, GOAL)[0] == 403
    assert served.goals == [] and served.cancels == []


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}], ids=["origin", "site", "host"])
def test_no_page_from_elsewhere_watches(served, headers):
    assert served.ask("GET", "/events", headers)[0] == 403
    assert served.hub.watchers == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:9999"])
def test_a_tunnel_to_another_port_works(served, host):
    assert served.ask("GET", "/", {"Host": host})[0] == 200
    assert served.ask("POST", "/goal", {**served.own, "Host": host, "Origin": f"http://{host}"}, GOAL)[0] == 202


def test_a_hundred_clients_half_of_whom_never_read_hold_up_nobody(served, monkeypatch):
    monkeypatch.setattr(server_module.ViewHandler, "timeout", 5.0)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(served.listen()) for _ in range(100)]
        wait_for(lambda: served.hub.watchers == 100)
        # More than all buffers on the way hold, for those who never read.
        filler = b'"%s"' % (b"x" * 200_000)
        for number in range(100):
            began_s = time.monotonic()
            served.hub.publish({"picture": filler, "robot": b"%d" % number})
            assert time.monotonic() - began_s < LIMIT_S  # never waits for a client
        readers = clients[::2]
        for client in readers:
            tail = b""
            while b",99]\n\n" not in tail:
                piece = client.recv(1 << 18)
                assert piece
                tail = (tail + piece)[-400_000:]
        assert served.ask("POST", "/goal", served.own, GOAL)[0] == 202
    wait_for(lambda: served.hub.publish({"robot": b"0"}) or served.hub.watchers == 0)


def test_one_client_too_many_gets_a_sentence():
    hub = Hub(max_watchers=1)
    server = ViewServer(port=0)
    server.start(Viewing({}, hub=hub))
    made = Served(server, hub)
    try:
        with made.listen():
            wait_for(lambda: hub.watchers == 1)
            code, text, _ = made.ask("GET", "/events")
            assert code == 503 and "close one" in text
    finally:
        server.close()


def test_a_request_that_never_ends_is_let_go(monkeypatch):
    monkeypatch.setattr(server_module.ViewHandler, "timeout", 0.2)
    server = ViewServer(port=0)
    server.start(Viewing({}, hub=Hub()))
    try:
        with socket.create_connection(server.server_address, timeout=LIMIT_S) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost:")
            assert client.recv(100) == b""
    finally:
        server.close()


def test_rubbish_does_not_end_the_server(served, capsys):
    for rubbish in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /%s HTTP/1.1\r\n\r\n" % (b"a" * 70_000), b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", served.port), timeout=LIMIT_S) as client:
            client.sendall(rubbish)
            client.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                client.recv(1000)
    assert served.ask("GET", "/")[0] == 200
    assert "Traceback" not in capsys.readouterr().err


def test_closing_ends_streams_and_frees_the_port():
    hub = Hub()
    server = ViewServer(port=0)
    server.start(Viewing({}, hub=hub))
    made = Served(server, hub)
    with made.listen() as client:
        wait_for(lambda: hub.watchers == 1)
        port = made.port
        server.close()
        while client.recv(1000):
            pass
    ViewServer(port=port).server_close()


def test_a_port_in_use_is_a_sentence_with_a_remedy(served):
    with pytest.raises(ViewError, match=rf"port {served.port}.*--port"):
        ViewServer(port=served.port)


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("127.0.0.1", 70000), ("192.0.2.1", 0), ("\ud800", 0)])
def test_an_address_that_cannot_be_had_is_a_sentence(host, port):
    with pytest.raises(ViewError):
        ViewServer(host, port)


def test_beyond_loopback_everything_but_the_files_needs_the_token():
    hub, goals = Hub(), []
    server = ViewServer("0.0.0.0", 0)
    server.start(Viewing({}, hub=hub, send_goal=goals.append, cancel=lambda: None))
    made = Served(server, hub)
    try:
        token = server.access.token
        assert len(token) >= 20 and token in server.url and ViewServer("127.0.0.1", 0).access.token == ""
        for path in ("/", "/about.json", "/events", "/wrong/", f"/{token[:-1]}/", "/view.js"):
            assert made.ask("GET", path)[0] == 403, path
        assert made.ask("POST", "/goal", made.own, GOAL)[0] == 403 and goals == []
        assert made.ask("GET", f"/{token}/")[0] == 200 and made.ask("POST", f"/{token}/goal", made.own, GOAL)[0] == 202 and len(goals) == 1
        assert made.ask("GET", f"/{token}/", {"Host": "192.168.1.7:80"})[0] == 200
        assert made.ask("GET", f"/{token}/", {"Host": "evil.example"})[0] == 403
    finally:
        server.close()


def test_two_servers_have_two_tokens_and_the_wrong_one_opens_nothing():
    one, other = (Access(token) for token in ("a" * 22, "b" * 22))
    assert one.strip_token(one.base_path + "goal") == "goal" and other.strip_token(one.base_path + "goal") is None


def test_threads_end_with_the_server():
    before = threading.active_count()
    server = ViewServer(port=0)
    hub = Hub()
    server.start(Viewing({}, hub=hub))
    with Served(server, hub).listen():
        wait_for(lambda: hub.watchers == 1)
        server.close()
        wait_for(lambda: threading.active_count() <= before)
