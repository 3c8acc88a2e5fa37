"""Examine a robot that does not drive as it should, and say in plain sentences what to fix.

  astro-nav doctor                                   the running system, for 5 s
  astro-nav doctor --namespace robot1 --params-file my_robot.yaml
  astro-nav doctor runs/latest/recording             a rosbag2 folder or an MCAP file
  astro-nav doctor --urdf my_robot.urdf.xacro

Looks at frames, stamps, rates, latencies, clocks, qualities of service, whether the scan sees the robot itself, and whether the
footprint holds the robot's URDF. Drive a little while it looks: some things show only in motion.

Exit code: 0 when nothing must be fixed, 1 when something must, 2 for input that cannot be used.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from dataclasses import asdict
from pathlib import Path

from astro_nav.errors import AstroNavError

NAME = "doctor"
HELP = "examine a running robot or a recording, and say what to fix"
DEFAULT_DURATION_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("recording", nargs="?", type=Path, metavar="BAG", help="rosbag2 folder or MCAP file; absent: the running system")
    parser.add_argument("--duration", type=_parse_duration, default=DEFAULT_DURATION_S, metavar="S", help="how long to listen (default: %(default)g s)")
    parser.add_argument("--namespace", default="", metavar="NAME", help="ROS namespace of the robot")
    parser.add_argument("--params-file", type=Path, metavar="FILE", help="ROS 2 parameter file that the robot runs with")
    parser.add_argument("--urdf", type=Path, metavar="FILE", help="xacro or URDF to compare with, instead of robot_description")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Look, examine, report."""
    from astro_nav.demo.stack_params import load_part_params
    from astro_nav.doctor.examine import examine
    from astro_nav.doctor.findings import ERROR, describe_findings, sort_findings
    from astro_nav.params.safety_controller import SafetyControllerParams

    params = load_part_params(SafetyControllerParams, "safety_controller", [args.params_file] if args.params_file else [])
    urdf = _read_description(args.urdf) if args.urdf else ""
    namespace = f"/{args.namespace.strip('/')}" if args.namespace.strip("/") else ""
    if args.recording is not None:
        from astro_nav.doctor.recording_source import read_recording

        seen = read_recording(args.recording, namespace)
    else:
        seen = _watch(namespace, list(params.scan_topics), args.duration, args.json)
    findings = examine(seen, params, urdf)
    if args.json:
        print(json.dumps({"source": seen.source, "findings": [asdict(finding) for finding in sort_findings(findings)]}, indent=1))
    else:
        print(describe_findings(findings, seen.source))
    return 1 if any(finding.level == ERROR for finding in findings) else 0


def _watch(namespace: str, scan_topics: list[str], duration_s: float, quiet: bool):
    if importlib.util.find_spec("rclpy") is None:
        raise AstroNavError("a running system is examined with ROS 2: source a distribution, or name a recording")
    from astro_nav.doctor.live_source import watch_system

    if not quiet:
        print(f"listening for {duration_s:g} s ...", flush=True)
    return watch_system(namespace, scan_topics, duration_s)


def _read_description(path: Path) -> str:
    from astro_nav.simulation.robot_urdf import expand_foreign_urdf

    return expand_foreign_urdf(path)


def _parse_duration(text: str) -> float:
    try:
        duration_s = float(text)
    except ValueError:
        duration_s = 0.0
    if not 0.1 <= duration_s <= 3600.0:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number of seconds from 0.1 to 3600")
    return duration_s
