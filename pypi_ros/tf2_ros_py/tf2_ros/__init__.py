"""Part of tf2_ros."""
