"""People and other moving things, from the scan."""
