"""The layer that sees the whole map: map and goal in, way out; and the goals themselves, from acceptance to result."""
