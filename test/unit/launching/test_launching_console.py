import os
import pty
import time

import pytest

from astro_nav.launching import console
from astro_nav.launching.console import LinePrinter


@pytest.fixture
def pipes():
    readers, writers = zip(os.pipe(), os.pipe())
    yield readers, writers
    for descriptor in (*readers, *writers):
        try:
            os.close(descriptor)
        except OSError:
            pass  # the test has closed it


def test_every_line_has_the_name_in_front_and_goes_where_it_came_from(pipes):
    (out, err), writers = pipes
    printer = LinePrinter(writers)
    printer.print_output("node", "stdout", "grüße")
    printer.print_output("node", "stderr", "oh")
    printer.print_notice("all is well")
    printer.close()
    assert os.read(out, 1000).decode() == "[node] grüße\n"
    assert os.read(err, 1000).decode() == "[node] oh\n[launch] all is well\n"


@pytest.mark.parametrize("environment, coloured", [({}, True), ({"NO_COLOR": "1"}, False)])
def test_terminals_get_colours_unless_they_are_not_wanted(environment, coloured):
    reader, writer = pty.openpty()
    printer = LinePrinter((writer, writer), environment)
    assert printer.is_coloured is coloured
    printer.print_output("node", "stdout", "line")
    printer.close()
    text = os.read(reader, 1000).decode()
    assert text == ("\x1b[36m[node]\x1b[0m line\r\n" if coloured else "[node] line\r\n")
    os.close(reader)
    os.close(writer)


def test_terminal_that_takes_nothing_holds_nobody_up_and_the_loss_is_told(pipes, monkeypatch):
    monkeypatch.setattr(console, "MOST_WAITING_LINES", 50)
    monkeypatch.setattr(console, "FLUSH_PATIENCE_S", 0.2)
    (out, err), writers = pipes
    printer = LinePrinter(writers)
    for number in range(5000):  # far more than a pipe and the queue hold; this must not block
        printer.print_output("node", "stdout", f"{number} {'x' * 100}")
    received = b""
    os.set_blocking(out, False)
    os.set_blocking(err, False)
    told = b""
    give_up_s = time.monotonic() + 20.0  # a busy machine may let the writing thread wait
    while time.monotonic() < give_up_s:
        printer.print_output("node", "stdout", "again")
        try:
            received += os.read(out, 65536)
            told += os.read(err, 65536)
        except BlockingIOError:
            time.sleep(0.001)
            continue
        if b"lines were dropped because nobody read them" in told and b"again" in received:
            break
    printer.close()
    assert received.startswith(b"[node] 0 ")
    assert b"lines were dropped because nobody read them" in told


def test_reader_that_has_gone_is_no_error(pipes):
    (out, err), writers = pipes
    os.close(out)
    printer = LinePrinter(writers)
    for _ in range(100):
        printer.print_output("node", "stdout", "x" * 1000)
    printer.print_notice("still here")
    printer.close()
    assert os.read(err, 1000) == b"[launch] still here\n"
