"""A rosbag2 recording in an MCAP file: `ros2 bag` opens the folder, Foxglove the file in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from astro_nav.demo.message_definitions import assemble_definition

BAG_VERSION = 9  # what rosbag2 of Jazzy and later writes
FOREVER = QosTime(sec=9223372036, nsec=854775807)  # RMW_DURATION_INFINITE


class Recording:
    """Writes serialized messages as they came over the wire.

    The recording is complete only after `close()`: index and metadata are written there.

    Args:
        folder: made here; must not exist.
        assemble: type name -> definition text.
    """

    def __init__(self, folder: Path, assemble: Callable[[str], str] = assemble_definition) -> None:
        self._assemble = assemble
        self._writer = Writer(folder, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP)
        self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        self._writer.open()
        self._connections: dict[str, object] = {}

    def add_topic(self, topic: str, type_name: str, type_hash: str, reliable: bool, latched: bool, depth: int) -> None:
        """Announce a topic before its first message.

        Args:
            topic: full name.
            type_name: `package/msg/Name`.
            type_hash: as ROS prints it, `RIHS01_...`.
            reliable, latched, depth: how it is published, so that a replay publishes it likewise.
        """
        quality = Qos(
            history=QosHistory.KEEP_LAST,
            depth=depth,
            reliability=QosReliability.RELIABLE if reliable else QosReliability.BEST_EFFORT,
            durability=QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
            deadline=FOREVER,
            lifespan=FOREVER,
            liveliness=QosLiveliness.AUTOMATIC,
            liveliness_lease_duration=FOREVER,
            avoid_ros_namespace_conventions=False,
        )
        self._connections[topic] = self._writer.add_connection(
            topic, type_name, msgdef=self._assemble(type_name), rihs01=type_hash, offered_qos_profiles=[quality]
        )

    def write(self, topic: str, received_ns: int, data: bytes) -> None:
        """Add one serialized message; `received_ns` is the time of its arrival since the epoch."""
        self._writer.write(self._connections[topic], received_ns, data)

    def close(self) -> None:
        """Write what is pending, the index and the metadata."""
        self._writer.close()
