"""What people see of an evaluation: pictures and animations of episodes, a page per run, a comparison of two runs."""
