"""From scans to a map of the surroundings, and from map files to maps."""
