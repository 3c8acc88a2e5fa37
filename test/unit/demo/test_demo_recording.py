"""Recordings carry the definitions of their messages and can be read by independent readers."""

import struct

import pytest

from astro_nav.demo.message_definitions import assemble_definition, find_inner_types

DEFINITIONS = {
    "a_msgs/msg/Outer": "# What it is.\nstd_msgs/Header header\nInner[] parts  # a comment with b_msgs/Fake word\nuint8 ONE=1\nstring<=5 name\n",
    "a_msgs/msg/Inner": "float64[3] values\nb_msgs/Leaf leaf\nb_msgs/Leaf[<=4] leaves\n",
    "b_msgs/msg/Leaf": "bool yes\n",
    "std_msgs/msg/Header": "builtin_interfaces/Time stamp\nstring frame_id\n",
    "builtin_interfaces/msg/Time": "int32 sec\nuint32 nanosec\n",
}


def test_inner_types_are_found_whatever_stands_around_them():
    assert find_inner_types(DEFINITIONS["a_msgs/msg/Outer"], "a_msgs") == ["std_msgs/msg/Header", "a_msgs/msg/Inner"]
    assert find_inner_types(DEFINITIONS["a_msgs/msg/Inner"], "a_msgs") == ["b_msgs/msg/Leaf"]


def test_a_definition_holds_every_inner_type_once_and_keeps_comments():
    text = assemble_definition("a_msgs/msg/Outer", DEFINITIONS.__getitem__)
    head, *rest = text.split("=" * 80 + "\n")
    assert head.startswith("# What it is.")
    assert sorted(part.splitlines()[0] for part in rest) == [
        "MSG: a_msgs/Inner",
        "MSG: b_msgs/Leaf",
        "MSG: builtin_interfaces/Time",
        "MSG: std_msgs/Header",
    ]


def make_leaf(value: bool) -> bytes:
    return b"\x00\x01\x00\x00" + struct.pack("<?", value)


def compute_leaf_hash() -> str:
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(DEFINITIONS["b_msgs/msg/Leaf"], "b_msgs/msg/Leaf"))
    return store.hash_rihs01("b_msgs/msg/Leaf")


@pytest.fixture
def recording_folder(tmp_path):
    pytest.importorskip("rosbags", reason="rosbags is not installed: no recordings")
    from astro_nav.demo.recording import Recording

    recording = Recording(tmp_path / "recording", lambda name: assemble_definition(name, DEFINITIONS.__getitem__))
    recording.add_topic("/leaf", "b_msgs/msg/Leaf", compute_leaf_hash(), reliable=True, latched=True, depth=1)
    for index in range(5):
        recording.write("/leaf", 1_000_000_000 + index * 1000, make_leaf(index % 2 == 1))
    recording.close()
    return tmp_path / "recording"


def test_rosbags_reads_a_recording_back(recording_folder):
    from rosbags.highlevel import AnyReader

    with AnyReader([recording_folder]) as reader:
        messages = [(stamp, reader.deserialize(data, link.msgtype).yes) for link, stamp, data in reader.messages()]
    assert messages == [(1_000_000_000 + index * 1000, index % 2 == 1) for index in range(5)]


def test_the_mcap_library_reads_a_recording_back(recording_folder):
    mcap_reader = pytest.importorskip("mcap.reader", reason="the package mcap is not installed")
    with open(recording_folder / "recording.mcap", "rb") as file:
        reader = mcap_reader.make_reader(file, validate_crcs=True)
        statistics = reader.get_summary().statistics
        payloads = [(schema.name, schema.encoding, channel.topic, message.data) for schema, channel, message in reader.iter_messages()]
    assert statistics.message_count == 5
    assert payloads == [("b_msgs/msg/Leaf", "ros2msg", "/leaf", make_leaf(index % 2 == 1)) for index in range(5)]


def test_the_metadata_say_what_ros2_bag_needs(recording_folder):
    import yaml

    content = yaml.safe_load((recording_folder / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    topic = content["topics_with_message_count"][0]
    assert (content["version"], content["storage_identifier"], content["relative_file_paths"]) == (9, "mcap", ["recording.mcap"])
    assert (topic["message_count"], topic["topic_metadata"]["type"]) == (5, "b_msgs/msg/Leaf")
    assert topic["topic_metadata"]["offered_qos_profiles"][0]["durability"] == "transient_local"
