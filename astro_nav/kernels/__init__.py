"""All numba code and nothing else. Every kernel has a plain-loop reference in test/reference."""
