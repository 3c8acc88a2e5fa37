"""One episode through the real processes: simulator and three nodes over DDS, measured as the closed loop is. May import rclpy.

The same world, robot, goals and seeds; what differs is what the closed loop only models: the time that computing and transport
take, and the operating system between them. So a run through ROS is not the same twice.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
import yaml
from astro_nav_msgs.msg import LocalPlannerStatus
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from astro_nav.demo.domain import make_discovery_environment, reserve_domain
from astro_nav.demo.drive import Drive, Interruption
from astro_nav.demo.drive_log import DriveLog, GoalRecord
from astro_nav.demo.goal_client import GoalClient
from astro_nav.demo.goals import Goal
from astro_nav.demo.panel import Display
from astro_nav.demo.parameter_overlay import write_overlay
from astro_nav.demo.process_log import ProcessLog
from astro_nav.demo.processes import UsageMeter
from astro_nav.demo.watcher import Watcher
from astro_nav.errors import AstroNavError, EvaluationError
from astro_nav.evaluation.closed_loop import MAP_RESOLUTION_M, make_judge, measure_least
from astro_nav.evaluation.episode import EpisodeName, make_scenario
from astro_nav.evaluation.scenario import EpisodeRecord, GoalRow, Scenario
from astro_nav.evaluation.settings import load_settings, share_out_changes
from astro_nav.geometry import se2
from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.launching.packages import find_launch_file
from astro_nav.launching.process_spec import ProcessSpec
from astro_nav.launching.reader import read_launch_file
from astro_nav.launching.supervisor import Supervisor
from astro_nav.params.demo import DemoParams
from astro_nav.params.files import load_params
from astro_nav.simulation.events import Contact
from astro_nav.simulation.world_file import load_world
from astro_nav.simulation.world_writing import describe_world
from astro_nav.types import FloatArray

PACKAGE, LAUNCH_FILE = "astro_nav", "simulation.launch.xml"
STATE_RATE_HZ = 50.0  # as the closed loop samples, so that the metrics' filters see the same
LARGEST_SEED = 2**31 - 1  # of the simulator's parameter


def find_obstacle(scenario: Scenario, changes: Mapping[str, Any] = {}) -> str:
    """Why a scenario with changed parameters cannot be driven through ROS, "" when it can."""
    if share_out_changes({**scenario.changes, **changes})["evaluation"]:
        return (
            "it sets what the closed loop models between the nodes (passage.*); over DDS add latency with lidar.latency_s, "
            "odometry.latency_s and base.command_delay_s of the simulator"
        )
    if scenario.disturbances or scenario.behaviours:
        return "it changes world, people or sensor data while it runs, which only the closed loop can do"
    if scenario.is_done is not None:
        return "it has a referee of its own, which only the closed loop asks"
    if scenario.occupancy_map is not None:
        return "it tells the robot another map than that of its world"
    if any(order.time_s is not None or len(np.atleast_2d(order.goals_map)) > 1 for order in scenario.orders):
        return "it orders goals by the clock or several at once"
    if scenario.seed > LARGEST_SEED:
        return f"its seed {scenario.seed} is above {LARGEST_SEED}, the largest of the simulator node: take a --seed below 2147"
    try:
        describe_world(scenario.world)
    except AstroNavError as error:
        return str(error)
    return ""


def run_ros_episode(name: EpisodeName) -> EpisodeRecord:
    """Run an episode through the real processes, in real time.

    Raises:
        EvaluationError: for a scenario that the simulator node cannot represent, or when the processes did not come up.
    """
    scenario = make_scenario(name)
    if obstacle := find_obstacle(scenario, name.changes):
        raise EvaluationError(f"{name.suite}, seed {name.seed}, cannot be driven through ROS: {obstacle}")
    params = load_params(DemoParams, "demo")
    log, interruption = DriveLog(), Interruption()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="astro_nav_episode_")))
        domain = reserve_domain(os.environ)
        stack.callback(domain.release)
        os.environ.update(make_discovery_environment(os.environ, domain.number))
        specs = _plan_processes(scenario, name.changes, folder)
        display = stack.enter_context(Display(1.0, 30.0, use_panel=False, output=stack.enter_context(open(os.devnull, "w"))))
        output = ProcessLog(folder, display.note)
        stack.callback(output.close)
        supervisor = stack.enter_context(Supervisor(on_output=output.add_line, on_notice=display.note))
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        stack.callback(rclpy.try_shutdown)
        watcher, drive = _make_drive(stack, scenario, params, supervisor, output, log, display, interruption)
        for spec in specs:
            supervisor.start(spec)
        try:
            drive.run()
        finally:
            drive.stop("the episode has ended")
    if not log.truth:
        raise EvaluationError(f"the episode never began: {log.cause or 'the simulator said nothing'}")
    return _make_record(name, scenario, log, watcher)


class EpisodeWatcher(Watcher):
    """Also keeps what every cycle of the local planner says about itself."""

    def __init__(self, node: Node, log: DriveLog) -> None:
        self.cycles: list[tuple[float, int]] = []
        super().__init__(node, log)

    def _take_status(self, message: LocalPlannerStatus, received_ns: int) -> None:
        super()._take_status(message, received_ns)
        if self._log.counting:
            self.cycles.append((message.cycle_s, message.candidates))


def _plan_processes(scenario: Scenario, changes: Mapping[str, Any], folder: Path) -> list[ProcessSpec]:
    world_file, overlay = folder / "world.yaml", folder / "params.yaml"
    world_file.write_text(yaml.safe_dump(describe_world(scenario.world)), encoding="utf-8")
    load_world(world_file)  # what a world file cannot say is told before anything is started
    shares = share_out_changes({**scenario.changes, **changes})
    shares["simulator"] |= {"state_rate_hz": STATE_RATE_HZ, "map_resolution_m": MAP_RESOLUTION_M}
    write_overlay(overlay, None, shares)
    environment = {**os.environ, "ROS_LOG_DIR": str(folder / "ros"), "RCUTILS_COLORIZED_OUTPUT": "0"}
    arguments = {"world": str(world_file), "seed": str(scenario.seed), "params_file": str(overlay)}
    plan = read_launch_file(find_launch_file(LAUNCH_FILE, PACKAGE, environment), arguments, environment)
    inline = folder / "inline_params"
    inline.mkdir()
    return [replace(process.prepare(inline), required=False) for process in plan.processes]


def _make_drive(
    stack: contextlib.ExitStack,
    scenario: Scenario,
    params: DemoParams,
    supervisor: Supervisor,
    output: ProcessLog,
    log: DriveLog,
    display: Display,
    interruption: Interruption,
) -> tuple[EpisodeWatcher, Drive]:
    node = rclpy.create_node("episode", enable_rosout=False)
    stack.callback(node.destroy_node)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    watch_node = rclpy.create_node("episode_watcher", enable_rosout=False, start_parameter_services=False)
    stack.callback(watch_node.destroy_node)
    watcher = EpisodeWatcher(watch_node, log)
    drive = Drive(
        goals=[Goal(*map(float, np.atleast_2d(order.goals_map)[0])) for order in scenario.orders],
        retask_index=-1,
        params=params,
        timeout_s=scenario.time_limit_s,
        supervisor=supervisor,
        required=("simulator", "global_planner", "local_planner", "safety_controller"),
        output=output,
        executor=executor,
        client=GoalClient(node, params.frames.map),
        watcher=watcher,
        log=log,
        meter=UsageMeter({}),
        display=display,
        interruption=interruption,
    )
    return watcher, drive


def _make_record(name: EpisodeName, scenario: Scenario, log: DriveLog, watcher: EpisodeWatcher) -> EpisodeRecord:
    simulator_params = load_settings({**scenario.changes, **name.changes})[1]
    reference = load_settings(scenario.changes)[0]
    judge = make_judge(reference.global_planner, scenario.world.rasterize(MAP_RESOLUTION_M))
    poses = np.array([sample.pose_map_base for sample in log.truth])
    radii = {person.name: person.radius_m for person in scenario.world.people}
    people = np.full((len(poses), len(radii), 2), np.nan)
    for row, sample in enumerate(log.truth):
        for column, person in enumerate(radii):
            people[row, column] = sample.people_map.get(person, (np.nan, np.nan))
    goals = tuple(_make_goal_row(goal, judge) for goal in log.goals)
    contacts = tuple(
        Contact(c.stamp_s, c.kind, c.name, c.by_robot, tuple(c.position_map), c.speed_mps, np.nan, np.nan) for c in log.contacts
    )
    finished = len(goals) == len(scenario.orders) and all(goal.reached for goal in goals)
    unsaid = np.full((len(poses), 2), np.nan)  # the closed loop's own, which no metric needs
    return EpisodeRecord(
        scenario=scenario,
        planner=name.planner,
        times_s=np.array([sample.stamp_s for sample in log.truth]),
        poses_map=poses,
        twists=np.array([sample.twist for sample in log.truth]),
        commands=unsaid,
        clearances_m=np.array([sample.clearance_m for sample in log.truth]),
        people_distances_m=_measure_people(poses, people, np.array(list(radii.values())), simulator_params.robot.footprint),
        people_map=people,
        people_radii_m=np.array(list(radii.values())),
        screen_rad=unsaid[:, 0],
        limited_by=np.zeros(len(poses), dtype=np.int64),
        contacts=contacts,
        goals=goals,
        reasons={},
        cycle_s=np.array([cycle[0] for cycle in watcher.cycles]),
        candidates=np.array([cycle[1] for cycle in watcher.cycles], dtype=np.int64),
        robot=simulator_params.robot,
        reference_robot=reference.local_planner.robot,
        # As if the time before the first goal had passed at the same pace.
        wall_s=log.truth[-1].stamp_s / log.realtime_factor,
        success=finished and not any(contact.by_robot for contact in contacts),
        timed_out=any(goal.answer.startswith("not reached in") for goal in log.goals),
        error=log.cause,
    )


def _make_goal_row(record: GoalRecord, judge: Any) -> GoalRow:
    goal, pose = record.goal.pose_map, record.truth[-1].pose_map_base
    length_m, turning_rad = measure_least(judge, record.truth[0].pose_map_base, goal, record.started_s)
    reached = record.answer == "reached"
    return GoalRow(
        goal_map=goal,
        ordered_s=record.started_s,
        ended_s=record.ended_s,
        reached=reached,
        message="" if reached else record.answer,
        position_error_m=float(np.hypot(*(pose[:2] - goal[:2]))),
        heading_error_rad=abs(float(wrap_angle(pose[2] - goal[2]))),
        planned_length_m=length_m,
        planned_turning_rad=turning_rad,
    )


def _measure_people(poses_map: FloatArray, people_map: FloatArray, radii_m: FloatArray, footprint: FloatArray) -> FloatArray:
    """Distance of the footprint to the nearest body (N,), +inf while nobody is there."""
    distances = np.full(len(poses_map), np.inf)
    for column, radius_m in enumerate(radii_m):
        places = se2.transform_points(se2.invert(poses_map), people_map[:, column])
        known = np.isfinite(places).all(axis=1)
        distances[known] = np.minimum(distances[known], compute_signed_distances(places[known], footprint) - radius_m)
    return distances
