"""One run from beginning to end: domain, folder, processes, tour, report. May import rclpy.

Order matters here: bad input is refused before anything is started, the recorder is stopped last, and whatever happens in
between, the summary of what was done is written.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rich.console import Console

from astro_nav.demo.domain import DOMAIN_VARIABLE, ReservedDomain, make_discovery_environment, reserve_domain
from astro_nav.demo.drive import Drive, Interrupted, Interruption
from astro_nav.demo.drive_log import DriveLog
from astro_nav.demo.goal_client import GoalClient
from astro_nav.demo.kernel_cache import fill_cache
from astro_nav.demo.machine import describe_machine, list_versions
from astro_nav.demo.panel import Display
from astro_nav.demo.parameter_overlay import write_overlay
from astro_nav.demo.process_log import ProcessLog
from astro_nav.demo.processes import UsageMeter
from astro_nav.demo.report import RunReport, make_summary, print_report, write_summary
from astro_nav.demo.run_folder import RunFolder, make_run_folder
from astro_nav.demo.run_picture import draw_run
from astro_nav.demo.scene import Scene
from astro_nav.demo.watcher import Watcher
from astro_nav.launching.packages import find_launch_file
from astro_nav.launching.process_spec import ProcessSpec
from astro_nav.launching.reader import read_launch_file
from astro_nav.launching.supervisor import Supervisor
from astro_nav.params.demo import DemoParams

PACKAGE, LAUNCH_FILE = "astro_nav", "simulation.launch.xml"
RECORDER = "recorder"
RECORDER_STOP_RANK = 1  # after everything that it records
HANDLED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FAILED = 1
SIGNAL_EXIT_CODE = 128
PLAIN_WIDTH = 140


@dataclass(frozen=True)
class RunOptions:
    """How to run.

    Attributes:
        out: folder of all runs.
        seed: of everything that is drawn.
        timeout_s: simulated time for one goal.
        use_panel: None: on a terminal.
        record: whether to record.
        params_file: laid over the shipped configuration, None for none.
    """

    out: Path
    seed: int
    timeout_s: float
    use_panel: bool | None
    record: bool
    params_file: Path | None


def run_demo(scene: Scene, options: RunOptions, params: DemoParams) -> int:
    """Drive a tour and report it.

    Returns:
        The exit code: 0 all goals reached without contact, 1 not, 128 + number when a signal ended it.
    """
    interruption = Interruption()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_handle_signals(interruption))
        domain = reserve_domain(os.environ)
        stack.callback(domain.release)
        folder = make_run_folder(options.out, os.environ, datetime.datetime.now())
        os.environ.update(make_discovery_environment(os.environ, domain.number))
        specs = _plan_processes(scene, options, params, folder)
        log = DriveLog()
        display = stack.enter_context(Display(params.panel_rate_hz, params.status_period_s, options.use_panel))
        _announce(display, scene, folder, domain)
        fill_cache(display, interruption)
        report = _run_processes(specs, scene, options, params, folder, log, display, interruption)
    return _finish(report, scene, params, folder, interruption)


def _run_processes(
    specs: list[ProcessSpec],
    scene: Scene,
    options: RunOptions,
    params: DemoParams,
    folder: RunFolder,
    log: DriveLog,
    display: Display,
    interruption: Interruption,
) -> RunReport:
    """Start everything, drive, stop everything."""
    machine = describe_machine()  # before our own load
    interrupted = False
    with contextlib.ExitStack() as stack:
        output = ProcessLog(folder.logs, display.note)
        stack.callback(output.close)
        supervisor = stack.enter_context(Supervisor(on_output=output.add_line, on_notice=display.note))
        required = tuple(spec.name for spec in specs if spec.name != RECORDER)
        drive = _make_drive(stack, scene, options, params, supervisor, required, output, log, display, interruption)
        pids = {spec.name: supervisor.start(spec) for spec in specs if not interruption.numbers}
        drive.meter = UsageMeter(pids)
        try:
            drive.run()
        except Interrupted as reason:
            interrupted = True
            display.say(f"{reason}: stopping")
        finally:
            drive.stop("the tour has ended")
        log.warnings = output.warnings
    recording = folder.recording if any(folder.recording.glob("*.mcap")) else None
    return RunReport(
        log=log,
        goals=scene.goals,
        ends=supervisor.ends,
        meter=drive.meter,
        interrupted=interrupted,
        description={**scene.describe(), "seed": options.seed, "ros_domain": int(os.environ[DOMAIN_VARIABLE])},
        machine=machine,
        versions=list_versions(),
        recording=str(recording) if recording else "",
    )


def _make_drive(
    stack: contextlib.ExitStack,
    scene: Scene,
    options: RunOptions,
    params: DemoParams,
    supervisor: Supervisor,
    required: tuple[str, ...],
    output: ProcessLog,
    log: DriveLog,
    display: Display,
    interruption: Interruption,
) -> Drive:
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    stack.callback(rclpy.try_shutdown)
    node = rclpy.create_node("demo", enable_rosout=False)
    stack.callback(node.destroy_node)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    # What is watched is taken in rounds, so it must not be in the executor's reach.
    watch_node = rclpy.create_node("demo_watcher", enable_rosout=False, start_parameter_services=False)
    stack.callback(watch_node.destroy_node)
    return Drive(
        goals=scene.goals,
        retask_index=scene.retask_index if params.tour.retask_after_s > 0.0 else -1,
        params=params,
        timeout_s=options.timeout_s,
        supervisor=supervisor,
        required=required,
        output=output,
        executor=executor,
        client=GoalClient(node, params.frames.map),
        watcher=Watcher(watch_node, log),
        log=log,
        meter=UsageMeter({}),
        display=display,
        interruption=interruption,
    )


def _plan_processes(scene: Scene, options: RunOptions, params: DemoParams, folder: RunFolder) -> list[ProcessSpec]:
    """The processes of the launch file, and the recorder."""
    scene.write_extra_world(folder.path / "extra_world.yaml")
    overlay = folder.path / "params.yaml"
    write_overlay(overlay, options.params_file, {"simulator": scene.make_simulator_parameters(folder.path / "extra_world.yaml")})
    environment = {**os.environ, "ROS_LOG_DIR": str(folder.logs / "ros"), "RCUTILS_COLORIZED_OUTPUT": "0"}
    arguments = {**scene.launch_arguments, "seed": str(options.seed), "params_file": str(overlay.resolve())}
    plan = read_launch_file(find_launch_file(LAUNCH_FILE, PACKAGE, environment), arguments, environment)
    inline = folder.path / "inline_params"
    inline.mkdir()
    # Not required: when one dies, the demo itself says so, sees whether the robot stands, and stops the others.
    specs = [replace(process.prepare(inline), required=False) for process in plan.processes]
    if options.record:
        specs.append(_plan_recorder(params, folder, environment))
    return specs


def _plan_recorder(params: DemoParams, folder: RunFolder, environment: Mapping[str, str]) -> ProcessSpec:
    recording = params.recording
    command = [sys.executable, "-m", "astro_nav.demo.recorder", "--out", str(folder.recording)]
    command += ["--topics", *recording.topics, "--sampled", *recording.sampled_topics]
    command += ["--sample-period", str(recording.sample_period_s)]
    return ProcessSpec(RECORDER, tuple(command), environment, stop_rank=RECORDER_STOP_RANK)


def _announce(display: Display, scene: Scene, folder: RunFolder, domain: ReservedDomain) -> None:
    for note in (domain.note, folder.note, *scene.notes):
        if note:
            display.say(note)
    display.say(f"ROS domain {domain.number}, this machine only; files in {folder.path}")


def _finish(report: RunReport, scene: Scene, params: DemoParams, folder: RunFolder, interruption: Interruption) -> int:
    """Write summary and picture, print the table."""
    # Where no terminal says how wide it is, tables take the room that they need.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    with _handle_signals(interruption):
        summary: dict[str, Any] = make_summary(report)
        write_summary(summary, folder.summary)
        draw_run(report, scene, params, folder)
    print_report(report, params.target, console)
    latest = folder.path.parent / "latest"
    shown = latest if latest.is_symlink() else folder.path
    console.print(f"{shown}/: summary.json, picture.png, recording/, log/", markup=False, soft_wrap=True)
    if report.interrupted:
        return SIGNAL_EXIT_CODE + interruption.numbers[0]
    return 0 if report.success else FAILED


@contextlib.contextmanager
def _handle_signals(interruption: Interruption) -> Iterator[None]:
    """Collect signals instead of dying of them; Ctrl-Z is ignored, because a suspended demo would read no output."""
    previous = {number: signal.signal(number, interruption.receive) for number in HANDLED_SIGNALS}
    previous[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
