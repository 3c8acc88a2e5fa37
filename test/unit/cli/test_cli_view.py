"""`astro-nav view` as a process: the address that it prints, how it ends, what it says to bad input. No ROS: it shows a recording."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from scenes.viewed_recording import write_drive

from astro_nav.cli.main import main

CHECKOUT = Path(__file__).resolve().parents[3]
LIMIT_S = 120.0


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    return write_drive(tmp_path_factory.mktemp("view") / "bag", seconds=1.0)


def start(*words: str) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "astro_nav.cli.main", "view", *words]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_where_it_says_and_ends_cleanly_while_somebody_watches(recording, number):
    with start(str(recording), "--port", "0") as process:
        try:
            address = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            port = int(address[1])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
            connection.request("GET", "/about.json")
            assert b'"replay"' in connection.getresponse().read()
            with socket.create_connection(("127.0.0.1", port)):  # a request that never comes
                process.send_signal(number)
                assert process.wait(LIMIT_S) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


@pytest.mark.parametrize("case", ["port", "path", "host", "rubbish"])
def test_bad_input_is_a_sentence(recording, tmp_path, capsys, case):
    rubbish = tmp_path / "rubbish.mcap"
    rubbish.write_text("rubbish")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words, said = {
            "port": ((str(recording), "--port", str(taken.getsockname()[1])), "--port"),
            "path": ((str(tmp_path / "absent"), "--port", "0"), "does not exist"),
            "host": ((str(recording), "--host", "no.such.host.invalid"), "no address of this machine"),
            "rubbish": ((str(rubbish), "--port", "0"), "no recording that can be read"),
        }[case]
        assert main(["view", *words]) == 2
    output, problem = capsys.readouterr()
    assert output == "" and said in problem
