"""Episodes of the whole stack in one process, measured. Read closed_loop.py first."""
