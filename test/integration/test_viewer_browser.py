"""The page in a real browser: what is shown, where a drag sends the robot, how a recording plays."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from scenes.browser import LIMIT_S, Browser, find_chromium
from scenes.viewed_recording import write_drive

from astro_nav.viewer.encoding import dump_json
from astro_nav.viewer.hub import Hub
from astro_nav.viewer.recording import RecordingReader
from astro_nav.viewer.scene import ViewedRobot, describe_robot_shape
from astro_nav.viewer.server import Viewing, ViewServer

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install it, or name it with ASTRO_NAV_CHROMIUM")

ROBOT = ViewedRobot(np.array([[0.2, 0.1], [-0.2, 0.1], [-0.2, -0.1], [0.2, -0.1]]))
# A room of 8 x 4 m, walls around it; the robot in its left half, facing right; a person who walks up.
CELLS = [4, 16, *[4, 1, 0, 14, 4, 1] * 6, 4, 16]
PARTS = {
    "map": {"frame": "map", "size": [16, 8], "resolution": 0.5, "origin": [0, 0, 0], "cells": CELLS},
    "robot": {"at": [1000, 0, 0], "odom": [1000, 2000, 0], "speed": [0.42, 0.1], "screen": 0.4},
    "trajectory": {"frame": "odom", "points": [1000, 0, 2000, 200, 3000, 500], "end": [3000, 500, 0.3], "reason": ""},
    "picture": {"frame": "odom", "stamp": 1.0, "labels": [], "lines": {"candidates": [[0, 204, 26, 0.9, 1000, 0, 3000, -500], [230, 0, 26, 0.4, 1000, 0, 2500, 900]]}},
    "plan": {"frame": "map", "points": [2000, 2000, 6000, 2500], "goal": [6000, 2500, 0.3]},
    "tracked_obstacles": {"frame": "odom", "people": [{"id": 1, "name": "Ann", "person": True, "moving": True, "at": [3000, -1000, 0, 700, 300], "ahead": [3000, -1000, 3000, 1000]}]},
    "local_planner_status": {"state": "following", "reason": "", "distance": 4.1, "clearance": 0.35, "candidates": 700, "feasible": 650, "cycle": 12.5},
    "safety_state": {"frame": "odom", "limit": 2, "by": "obstacle", "reason": "Ann will be 0.2 m away", "scale": 0.5, "commanded": [0.42, 0.1], "allowed": 0.42, "contact": [2000, 0]},
    "doors": {"frame": "map", "lines": [[40, 200, 40, 1.0, 5000, 3000, 6000, 3000]], "labels": [[5500, 3000, "kitchen: open 90 %"]]},
    "zones": {"frame": "map", "lines": [[255, 0, 0, 1.0, 1000, 500, 2000, 500, 2000, 1000, 1000, 500]], "labels": []},
    "scan": {"frame": "odom", "points": [6000, 500, 6000, 700]},
    "notes": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM is not None
    with Browser(CHROMIUM) as made:
        yield made


@pytest.fixture()
def live(browser: Browser) -> Iterator[dict]:
    hub, asked = Hub(), {"goals": [], "cancels": 0}
    server = ViewServer(port=0)

    def cancel() -> None:
        asked["cancels"] += 1

    server.start(Viewing({"mode": "live", "title": "test", "robot": describe_robot_shape(ROBOT)}, hub=hub, send_goal=asked["goals"].append, cancel=cancel))
    hub.publish({name: dump_json(value) for name, value in PARTS.items()})
    browser.problems.clear()
    browser.open(server.url)
    browser.wait_until("document.querySelector('#speed').textContent === '0.42'")
    yield {"hub": hub, "asked": asked, "server": server}
    browser.open("about:blank")
    server.close()


def find_color(browser: Browser, name: str, x_share: float, y_share: float) -> bool:
    """Whether a colour of the page's palette is on the map near a place, given as shares of the room's 8 x 4 m from its lower left corner."""
    text = browser.run(
        f"""(() => {{
          const pen = document.createElement('canvas').getContext('2d');
          pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim();
          return pen.fillStyle;
        }})()"""
    )
    return find_paint(browser, tuple(int(text[k : k + 2], 16) for k in (1, 3, 5)), 8 * x_share, 4 * y_share)


def find_paint(browser: Browser, color: tuple[int, ...], x_m: float, y_m: float, reach: int = 6) -> bool:
    """Whether a colour is on the map near a place [m]."""
    x, y = place_on_page(browser, x_m, y_m)
    return browser.run(
        f"""(() => {{
          const canvas = document.querySelector('#stage'), box = canvas.getBoundingClientRect(), wanted = {list(color)};
          const data = canvas.getContext('2d').getImageData({x} - box.x - {reach}, {y} - box.y - {reach}, {2 * reach}, {2 * reach}).data;
          for (let k = 0; k < data.length; k += 4) if (wanted.every((value, c) => Math.abs(value - data[k + c]) < 12)) return true;
          return false;
        }})()"""
    )


def place_on_page(browser: Browser, x_m: float, y_m: float) -> tuple[float, float]:
    """Where a place of the map is on the page: the room fills the canvas but for a margin, as `fit` in scene.js leaves it."""
    left, top, width, height = browser.run("(() => { const b = document.querySelector('#stage').getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()")
    scale = min((width - 130) / 8, (height - 84) / 4)
    return left + width / 2 + scale * (x_m - 4) - 45, top + height / 2 - scale * (y_m - 2) - 14


def test_the_page_shows_the_robot_and_why_it_is_slow(browser, live):
    assert browser.run("document.querySelector('#why-title').textContent") == "Slowed down: obstacle"
    assert "Ann will be 0.2 m away" in browser.run("document.querySelector('#why-text').textContent")
    assert browser.run("document.querySelector('#mission').textContent") == "On the way, 4.1 m left."
    assert browser.run("document.querySelector('#link').textContent") == "live"
    assert find_color(browser, "robot", 2 / 8, 2 / 4) and not find_color(browser, "robot", 6 / 8, 1 / 4)
    assert find_color(browser, "person", 4 / 8, 1.3 / 4)
    assert find_color(browser, "goal", 6 / 8, 2.5 / 4)
    assert find_color(browser, "wall", 7.75 / 8, 2 / 4)
    assert find_color(browser, "scan", 7 / 8, 2.5 / 4) and not find_color(browser, "scan", 7 / 8, 1.5 / 4)
    assert find_paint(browser, (40, 200, 40), 5.1, 3.0), "the door"
    assert find_paint(browser, (255, 0, 0), 1.5, 0.5), "the zone's edge"
    for layer in ("doors", "zones", "scan"):
        browser.click(f"#layer-{layer}")
        browser.wait_until(f"!document.querySelector('#layer-{layer}').checked")
    browser.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert not find_color(browser, "scan", 7 / 8, 2.5 / 4)
    assert not find_paint(browser, (40, 200, 40), 5.1, 3.0) and not find_paint(browser, (255, 0, 0), 1.5, 0.5)
    browser.click("#layer-people")
    browser.wait_until("!document.querySelector('#layer-people').checked")
    browser.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert not find_color(browser, "person", 4 / 8, 1.3 / 4)
    assert browser.problems == []


def test_a_drag_sends_a_goal_that_faces_where_it_leads(browser, live):
    begin, end = place_on_page(browser, 5.0, 1.0), place_on_page(browser, 5.0, 2.0)
    browser.drag(begin, end)
    wait_for(lambda: len(live["asked"]["goals"]) == 1)
    assert live["asked"]["goals"][0] == pytest.approx([5.0, 1.0, np.pi / 2], abs=0.03)
    # A mere click faces the way that one comes: from (2, 2).
    at = place_on_page(browser, 2.0, 1.0)
    browser.drag(at, at)
    wait_for(lambda: len(live["asked"]["goals"]) == 2)
    assert live["asked"]["goals"][1] == pytest.approx([2.0, 1.0, -np.pi / 2], abs=0.03)
    browser.click("#cancel")
    wait_for(lambda: live["asked"]["cancels"] == 1)
    assert browser.run("document.querySelector('#problem').textContent") == ""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class HostilePage(BaseHTTPRequestHandler):
    """Any page of the web, without any policy."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>hostile</title><body>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


ATTACK = """(async () => {
  const url = 'http://127.0.0.1:PORT/', body = '{"x":1,"y":1,"yaw":0}', seen = [];
  const attempt = (name, options) => fetch(url + name, options).then(answer => seen.push(answer.type), () => seen.push('refused'));
  await attempt('goal', {method: 'POST', mode: 'no-cors', body});
  await attempt('goal', {method: 'POST', headers: {'Content-Type': 'application/json'}, body});
  await attempt('cancel', {method: 'POST', mode: 'no-cors', body: '{}'});
  navigator.sendBeacon(url + 'goal', body);
  await new Promise(done => { const stream = new EventSource(url + 'events'); stream.onerror = done; stream.onopen = () => { seen.push('watched'); done(); }; });
  const frame = document.createElement('iframe');
  frame.src = url;
  await new Promise(done => { frame.onload = done; document.body.append(frame); });
  return seen;
})()"""


def test_a_page_from_elsewhere_neither_watches_nor_moves_the_robot(browser, live):
    elsewhere = ThreadingHTTPServer(("127.0.0.1", 0), HostilePage)
    threading.Thread(target=elsewhere.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        browser.open(f"http://localhost:{elsewhere.server_address[1]}/")
        browser.wait_until("document.title === 'hostile'")
        wait_for(lambda: live["hub"].publish({"notes": b"[]"}) or live["hub"].watchers == 0)  # the viewer's own page has gone
        seen = browser.run(ATTACK.replace("PORT", str(live["server"].server_address[1])))
        assert "watched" not in seen and seen[1] == "refused"  # an opaque answer to the first says nothing: what counts is what the robot got
        assert live["asked"] == {"goals": [], "cancels": 0} and live["hub"].watchers == 0
    finally:
        elsewhere.shutdown()
        elsewhere.server_close()


def test_a_viewer_that_ends_is_said(browser, live):
    live["server"].close()
    browser.wait_until("document.querySelector('#link').textContent === 'no connection'")


def test_a_recording_plays_and_is_scrubbed(browser, tmp_path: Path):
    reader = RecordingReader(write_drive(tmp_path / "bag"), ROBOT)
    reader.start()
    assert reader.wait(60.0)
    server = ViewServer(port=0)
    server.start(Viewing({"mode": "replay", "title": "bag", "robot": describe_robot_shape(ROBOT)}, film=reader.film))
    try:
        browser.problems.clear()
        browser.open(server.url)
        browser.wait_until("document.querySelector('#clock').textContent.startsWith('0.1 s of 4')")
        browser.run("(() => { const time = document.querySelector('#time'); time.value = 24; time.dispatchEvent(new Event('input')); })()")
        browser.wait_until("document.querySelector('#why-title').textContent === 'Slowed down: obstacle'")
        assert browser.run("document.querySelector('#speed').textContent") == "0.50"
        # It started at (1, 2) and is half a metre further for every second.
        assert find_color(browser, "robot", (1 + 0.5 * 2.5) / 8, 2 / 4) and not find_color(browser, "robot", 1 / 8, 2 / 4)
        assert browser.run("document.querySelectorAll('#marks button').length") == 1
        assert browser.run("document.querySelector('#cancel').hidden && document.querySelector('#link').textContent") == "recording"
        browser.run("document.querySelector('#pace').value = '4'")
        browser.click("#play")
        browser.wait_until("Number(document.querySelector('#time').value) === Number(document.querySelector('#time').max) && document.querySelector('#play').textContent === 'Play'")
        assert json.loads(browser.run("document.querySelector('#time').max")) >= 38
        assert browser.problems == []
    finally:
        browser.open("about:blank")
        server.close()
        reader.close()
