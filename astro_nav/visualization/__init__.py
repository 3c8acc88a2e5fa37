"""Types to markers and pictures; pure, without ROS."""
