"""Makes and repairs `.venv`: ROS 2, the project's interfaces and the project itself, from PyPI alone. Standard library only."""
