"""Examining a robot that does not drive as it should: a running system, or a recording of one."""
