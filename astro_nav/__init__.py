"""Astro Nav: a ROS 2 navigation stack for a differential-drive home robot."""
