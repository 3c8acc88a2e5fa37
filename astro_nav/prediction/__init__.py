"""Where tracked people will be."""
