"""Colours of a world's things, red, green, blue, opacity in [0, 1], by name."""

COLORS: dict[str, tuple[float, float, float, float]] = {
    "wall": (0.80, 0.79, 0.76, 1.0),
    "wood": (0.72, 0.53, 0.36, 1.0),
    "dark_wood": (0.45, 0.31, 0.22, 1.0),
    "fabric": (0.36, 0.46, 0.58, 1.0),
    "linen": (0.86, 0.83, 0.78, 1.0),
    "white": (0.93, 0.93, 0.92, 1.0),
    "steel": (0.60, 0.63, 0.66, 1.0),
    "leaf": (0.33, 0.55, 0.32, 1.0),
    "cardboard": (0.78, 0.62, 0.42, 1.0),
    "red": (0.78, 0.27, 0.24, 1.0),
    "glass": (0.65, 0.80, 0.88, 0.35),
    "door": (0.60, 0.42, 0.28, 1.0),
    "person": (0.16, 0.36, 0.72, 1.0),
    "floor": (0.90, 0.88, 0.84, 1.0),
}
