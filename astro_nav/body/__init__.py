"""The body beside the base: where the screen looks."""
