"""Plane geometry: SE(2), angles, footprints, polylines. Pure NumPy."""
