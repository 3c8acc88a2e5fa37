"""The command `astro-nav`. Every other module in this folder, except `main`, is one sub-command:

    NAME = "launch"                      # what the user types; the file is called the same, with _ for -
    HELP = "one line for astro-nav --help"

    def add_arguments(parser: argparse.ArgumentParser) -> None: ...
    def run(args: argparse.Namespace) -> int: ...      # the exit code

Only the module of the command that is called is imported, so it may be slow; but `astro-nav --help` imports all of them for their
HELP, so what is slow to import (rclpy, numba, matplotlib, mujoco) is imported inside `run`.
"""
