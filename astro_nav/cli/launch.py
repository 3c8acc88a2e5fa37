"""Start an XML launch file and stay with its processes until they have ended.

  astro-nav launch bringup.launch.xml params_file:=my_robot.yaml
  astro-nav launch my_package my_robot.launch.xml
  astro-nav launch simulation.launch.xml --show-args

FILE is a path, or the name of a launch file of Astro Nav (or of the package named before it). Options may stand anywhere.

Ctrl-C (or SIGTERM) stops the processes in the reverse order of their start: SIGINT, 5 s later SIGTERM, 5 s later SIGKILL. A second
Ctrl-C sends SIGTERM to all at once, a third one SIGKILL. sigterm_timeout:= and sigkill_timeout:= change the 5 s.

Exit code: 0 when every process ended cleanly, by itself or because it was told to; 1 when one failed; 2 for a launch file or an
argument that cannot be used. (ros2 launch returns 0 also after a process has died.)
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from astro_nav.launching.arguments import DeclaredArgument, list_arguments, parse_assignments
from astro_nav.launching.console import LinePrinter
from astro_nav.launching.errors import LaunchError
from astro_nav.launching.packages import find_launch_file
from astro_nav.launching.plan import LaunchPlan
from astro_nav.launching.process_spec import ProcessEnd
from astro_nav.launching.reader import read_launch_file
from astro_nav.launching.supervisor import Supervisor

NAME = "launch"
HELP = "start an XML launch file, as ros2 launch does"
OWN_PACKAGE = "astro_nav"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare FILE, the arguments of the launch file, and the options."""
    parser.usage = f"{parser.prog} [-h] [--show-args] [--print] [PACKAGE] FILE [name:=value ...]"
    parser.add_argument("words", nargs="+", metavar="FILE name:=value", help="the launch file and its arguments")
    parser.add_argument("-s", "--show-args", "--show-arguments", action="store_true", help="list the arguments and stop")
    parser.add_argument("-p", "--print", action="store_true", dest="print_only", help="print the commands and stop")


def run(args: argparse.Namespace) -> int:
    """Launch, or show what would be launched."""
    names = [word for word in args.words if ":=" not in word]
    if len(names) not in (1, 2):
        raise LaunchError(f"expected FILE or PACKAGE FILE, then arguments name:=value, not {' '.join(names) or 'arguments alone'}")
    given = parse_assignments(word for word in args.words if ":=" in word)
    environment = dict(os.environ)
    path = find_launch_file(names[-1], names[0] if len(names) == 2 else OWN_PACKAGE, environment)
    if args.show_args:
        print(describe_arguments(list_arguments(path, given, environment)))
        return 0
    if not args.print_only and os.isatty(2):
        environment.setdefault("RCUTILS_COLORIZED_OUTPUT", "1")
    plan = read_launch_file(path, given, environment)
    if args.print_only:
        print("\n".join(process.describe() for process in plan.processes))
        return 0
    return run_plan(plan)


def run_plan(plan: LaunchPlan) -> int:
    """Start the processes of a plan and stay with them.

    Returns:
        The exit code of `astro-nav launch`.
    """
    if not plan.processes:
        raise LaunchError("the launch file starts no process with these arguments")
    printer = LinePrinter()

    def report_end(end: ProcessEnd) -> None:
        printer.print_notice(end.sentence, is_error=end.failed)

    try:
        for message in plan.messages:
            printer.print_notice(message)
        with tempfile.TemporaryDirectory(prefix="astro_nav_launch_") as folder, Supervisor(
            on_output=printer.print_output,
            on_started=lambda name, pid: printer.print_notice(f"{name} started (pid {pid})"),
            on_ended=report_end,
            on_notice=printer.print_notice,
        ) as supervisor, supervisor.handle_signals():
            supervisor.start_all([process.prepare(Path(folder)) for process in plan.processes])
            return supervisor.run()
    finally:
        printer.close()


def describe_arguments(arguments: list[DeclaredArgument]) -> str:
    """Return the text of --show-args."""
    if not arguments:
        return "no arguments"
    lines = ["arguments, as name:=value:"]
    for argument in arguments:
        default = "must be given" if argument.default is None else f"default: {argument.default or 'empty'}"
        lines += [f"  {argument.name}", f"      {argument.description or 'no description'}"]
        if argument.choices:
            lines.append(f"      one of {', '.join(argument.choices)}")
        lines.append(f"      {default}")
    return "\n".join(lines)
