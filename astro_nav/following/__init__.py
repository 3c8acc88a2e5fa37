"""Following a person: whom, where to be, how to get there, what to do when they are out of sight."""
