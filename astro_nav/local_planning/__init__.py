"""The local planner: from the newest scan to the next three seconds of motion. Read planner.py first."""
