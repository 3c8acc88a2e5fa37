"""The same home and the same robot for Gazebo: SDF made of a world, URDF with Gazebo's plugins, and what goes with them."""
