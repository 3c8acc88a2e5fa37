"""Recordings as the demo writes them and as rosbag2 does: read, put on one clock, and refused with a sentence."""

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="recordings are read with the package rosbags, which is not installed here")

from rosbags.rosbag2 import StoragePlugin, Writer  # noqa: E402
from rosbags.typesys import Stores, get_typestore  # noqa: E402
from scenes.doctor_scene import PARAMS  # noqa: E402

from astro_nav.cli.main import main  # noqa: E402
from astro_nav.doctor.examine import examine  # noqa: E402
from astro_nav.doctor.findings import ERROR  # noqa: E402
from astro_nav.doctor.observations import Observations, TopicLog, TransformLog  # noqa: E402
from astro_nav.doctor.recording_source import read_recording, shift_to_simulated_time  # noqa: E402
from astro_nav.errors import AstroNavError  # noqa: E402

STORE = get_typestore(Stores.ROS2_JAZZY)
BEGIN_NS = 1_700_000_000_000_000_000


def make_scan(stamp_ns):
    types = STORE.types
    stamp = types["builtin_interfaces/msg/Time"](stamp_ns // 10**9, stamp_ns % 10**9)
    return types["sensor_msgs/msg/LaserScan"](
        header=types["std_msgs/msg/Header"](stamp, "laser"), angle_min=-3.0, angle_max=3.0, angle_increment=0.1, time_increment=0.0,
        scan_time=0.1, range_min=0.1, range_max=10.0, ranges=np.full(60, 2.0, np.float32), intensities=np.zeros(0, np.float32),
    )  # fmt: skip


def write_bag(folder, storage, stamp_of=lambda now_ns: now_ns - 50_000_000, topic="/scan"):
    with Writer(folder, version=9, storage_plugin=storage) as writer:
        connection = writer.add_connection(topic, "sensor_msgs/msg/LaserScan", typestore=STORE)
        for k in range(30):
            now_ns = BEGIN_NS + k * 100_000_000
            writer.write(connection, now_ns, STORE.serialize_cdr(make_scan(stamp_of(now_ns)), "sensor_msgs/msg/LaserScan"))
    return folder


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_a_bag_tells_what_it_holds_and_what_it_lacks(storage, tmp_path):
    folder = write_bag(tmp_path / "bag", storage)
    seen = read_recording(folder)
    assert not seen.is_live and seen.topics["/scan"].count == 30
    np.testing.assert_allclose(seen.topics["/scan"].compute_ages_s(), 0.05, atol=1e-6)
    assert seen.topics["/scan"].compute_rate_hz() == pytest.approx(10.0)
    problems = {finding.subject: finding.sentence for finding in examine(seen, PARAMS) if finding.level == ERROR}
    assert "the recording holds no /odom" in problems["odom"] and "the recording holds no transform" in problems["tf"]
    assert "nodes" not in problems and "cmd_vel" not in problems, "a recording does not tell who was there"


def test_an_mcap_file_alone_is_read(tmp_path):
    (file,) = write_bag(tmp_path / "bag", StoragePlugin.MCAP).glob("*.mcap")
    assert read_recording(file).topics["/scan"].count == 30


def test_the_command_says_what_to_fix_and_ends_with_1(tmp_path, capsys):
    folder = write_bag(tmp_path / "bag", StoragePlugin.MCAP, topic="/front")
    assert main(["doctor", str(folder)]) == 1
    assert "FIX   scan: the recording holds no /scan; sensor_msgs/msg/LaserScan is there as /front" in capsys.readouterr().out


@pytest.mark.parametrize("make", [lambda p: p / "absent", lambda p: p, lambda p: (p / "x.mcap").write_bytes(b"no") and p / "x.mcap"])
def test_what_is_no_recording_is_refused_with_a_sentence(make, tmp_path, capsys):
    path = make(tmp_path)
    with pytest.raises(AstroNavError, match=str(path)):
        read_recording(path)
    assert main(["doctor", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_simulated_time_is_recognised_only_when_all_stamps_are_of_it():
    def make(offsets):
        seen = Observations("a test", is_live=False)
        for name, offset_s in offsets.items():
            # The recorder's clock runs twice as fast as the simulation.
            stamps = np.arange(0.0, 10.0, 0.1)
            received = 2.0 * stamps + 1e6 + (0.1 if name == "/late" else 0.0)
            seen.topics[name] = TopicLog(received.tolist(), (stamps + offset_s).tolist())
        return seen

    seen = make({"/scan": 0.0, "/late": 0.0})
    shift_to_simulated_time(seen)
    assert seen.source.endswith("on simulated time")
    assert np.median(seen.topics["/scan"].compute_ages_s()) == 0.0 and seen.topics["/scan"].compute_rate_hz() == pytest.approx(10.0)
    assert seen.topics["/late"].compute_ages_s().max() <= 0.1 + 1e-9
    seen = make({"/scan": 0.0, "/odom": 1e6})
    shift_to_simulated_time(seen)
    assert seen.source == "a test"


def test_transforms_are_put_on_the_same_clock():
    seen = Observations("a test", is_live=False)
    stamps = np.arange(0.0, 5.0, 0.1)
    seen.topics["/odom"] = TopicLog((stamps + 1e6).tolist(), stamps.tolist())
    seen.transforms["odom", "base_link"] = TransformLog(False, (stamps + 1e6 + 0.01).tolist(), stamps.tolist())
    shift_to_simulated_time(seen)
    log = seen.transforms["odom", "base_link"]
    np.testing.assert_allclose(np.subtract(log.received_s, log.stamps_s), 0.0, atol=0.11)
