"""The embedded simulator: MuJoCo for the base, an exact planar lidar, people, doors; without ROS, deterministic per seed."""
