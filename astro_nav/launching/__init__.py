"""Starting and watching processes: a reader of XML launch files and a supervisor, for installs without `ros2 launch`."""
