"""What processes cost and what they print."""

import math
import os
import time

import pytest

from astro_nav.demo.process_log import ProcessLog
from astro_nav.demo.processes import UsageMeter, read_usage


def test_usage_of_this_process_grows_with_its_work():
    before = read_usage(os.getpid())
    block = bytearray(30_000_000)
    end_s = time.process_time() + 0.15
    while time.process_time() < end_s:
        block[0] ^= 1
    after = read_usage(os.getpid())
    assert after.cpu_s - before.cpu_s == pytest.approx(0.15, abs=0.06)
    assert after.peak_memory_bytes > 30_000_000


def test_a_process_that_is_no_more_has_no_usage(tmp_path):
    assert read_usage(1, proc=tmp_path) is None


def test_names_with_spaces_and_parentheses_do_not_shift_the_fields(tmp_path):
    (tmp_path / "7").mkdir()
    fields = ["S", *["0"] * 10, "150", "50", *["0"] * 30]
    (tmp_path / "7" / "stat").write_text("7 (a (b) c) " + " ".join(fields))
    (tmp_path / "7" / "status").write_text("Name:\ta (b) c\nVmHWM:\t    2048 kB\n")
    usage = read_usage(7, proc=tmp_path)
    assert usage.cpu_s == 200 / os.sysconf("SC_CLK_TCK")
    assert usage.peak_memory_bytes == 2048 * 1024


def test_share_is_taken_over_the_span_of_the_samples():
    meter = UsageMeter({"me": os.getpid()})
    assert math.isnan(meter.compute_cpu_percent("me"))
    cpu_s = read_usage(os.getpid()).cpu_s
    meter.sample(10.0)
    end_s = time.process_time() + 0.2
    while time.process_time() < end_s:
        pass
    meter.sample(11.0)
    assert meter.compute_cpu_percent("me") == pytest.approx(100.0 * (read_usage(os.getpid()).cpu_s - cpu_s), abs=8.0)


def test_lines_are_kept_and_what_matters_is_found(tmp_path):
    loud = []
    log = ProcessLog(tmp_path, loud.append)
    log.add_line("local_planner", "stderr", "[INFO] [1700000000.123] [local_planner]: waiting for scan")
    assert log.ready == set()
    log.add_line("local_planner", "stderr", "\x1b[33m[WARN] [1700000000.2] [robot1.local_planner]: no scan for 5 s\x1b[0m")
    log.add_line("local_planner", "stderr", "[INFO] [1700000001.5] [local_planner]: ready")
    log.add_line("simulator", "stdout", "already")
    log.close()
    assert log.ready == {"local_planner"}
    assert log.last_lines["simulator"] == "already"
    assert loud == log.warnings == ["local_planner: no scan for 5 s"]
    assert (tmp_path / "local_planner.log").read_text().splitlines()[1] == "[WARN] [1700000000.2] [robot1.local_planner]: no scan for 5 s"
