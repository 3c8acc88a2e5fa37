"""Drives the tour: waits for the stack, sends goal after goal, watches, and says at once when something goes wrong.

May import rclpy, as all that orchestrates the demo. The tour is written as generators that read top-down; every `yield` is
one round of the loop in `run`: look after the processes, take messages, draw.
"""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from astro_nav_msgs.msg import LocalPlannerStatus
from rclpy.executors import Executor

from astro_nav.demo.drive_log import DriveLog, GoalRecord, judge_arrival
from astro_nav.demo.goal_client import GoalClient
from astro_nav.demo.goals import Goal
from astro_nav.demo.panel import Display, PanelState
from astro_nav.demo.process_log import ProcessLog
from astro_nav.demo.processes import UsageMeter
from astro_nav.demo.watcher import Watcher
from astro_nav.launching.supervisor import Supervisor
from astro_nav.params.demo import DemoParams

ROUND_S = 0.03
METER_PERIOD_S = 1.0
STANDSTILL_MPS = 0.01
WATCH_STANDSTILL_S = 3.0
LINGER_S = 0.5


class RunEnded(Exception):
    """The tour cannot go on; the text says why."""


class Interrupted(RunEnded):
    """A signal asked for the end."""


@dataclass
class Interruption:
    """Signals that asked for the end."""

    numbers: list[int] = field(default_factory=list)

    def receive(self, number: int, _frame: object) -> None:
        """A signal handler."""
        self.numbers.append(number)


@dataclass
class Drive:
    """The loop of a run and what it works with.

    Attributes:
        goals: of the tour, in order.
        retask_index: this goal replaces another one on the way, -1 for none.
        params: of the demo.
        timeout_s: simulated time for one goal.
        supervisor: of all processes.
        required: names of the processes without which the run is over.
        output: what the processes print.
        executor: of the client's node.
        client, watcher, log, meter, display: see there.
        interruption: set by signal handlers.
    """

    goals: list[Goal]
    retask_index: int
    params: DemoParams
    timeout_s: float
    supervisor: Supervisor
    required: tuple[str, ...]
    output: ProcessLog
    executor: Executor
    client: GoalClient
    watcher: Watcher
    log: DriveLog
    meter: UsageMeter
    display: Display
    interruption: Interruption
    _phase: str = "starting"
    _meter_due_s: float = 0.0
    _seen_ends: int = 0
    _death: str = ""

    def run(self) -> None:
        """Drive the tour to its end, however it ends; the reason is in the log.

        Raises:
            Interrupted: a signal came.
        """
        try:
            for _ in self._drive_tour():
                self._run_round()
        except Interrupted:
            self.client.cancel()
            raise
        except RunEnded as reason:
            self.log.cause = str(reason)
            self.display.say(str(reason))
            if self._death:
                self._watch_standstill()
        finally:
            self.log.counting = False

    def stop(self, reason: str) -> None:
        """Stop all processes and stay until they have ended; a second signal hastens that."""
        signals_before = len(self.interruption.numbers)
        self.supervisor.stop(reason)
        while self.supervisor.step(timeout_s=ROUND_S):
            self.watcher.watch_round()
            if len(self.interruption.numbers) > signals_before:
                signals_before = len(self.interruption.numbers)
                self.supervisor.hasten()

    def _drive_tour(self) -> Iterator[None]:
        yield from self._wait_until_ready()
        for index, goal in enumerate(self.goals):
            yield from self._drive_to(index, goal)
        yield from self._linger(LINGER_S)

    def _wait_until_ready(self) -> Iterator[None]:
        start_s = time.monotonic()
        while missing := self._find_missing():
            self._phase = f"starting: waiting for {', '.join(missing)}"
            if time.monotonic() - start_s > self.params.patience.ready_s:
                words = [f"{name} (said last: {self.output.last_lines.get(name, 'nothing')})" for name in missing]
                raise RunEnded(f"not ready after patience.ready_s = {self.params.patience.ready_s:g} s: {'; '.join(words)}")
            yield

    def _find_missing(self) -> list[str]:
        """What is still to come before the first goal can be sent."""
        missing = [name for name in self.required if name not in self.output.ready]
        if missing:
            return missing
        watched = {
            "the action navigate_to_pose": self.client.is_server_ready,
            "simulation/state": self.watcher.truth is not None,
            "local_planner_status": self.watcher.status is not None
            and self.watcher.status.state != LocalPlannerStatus.WAITING,
            "safety_state": self.watcher.safety is not None,
        }
        return [name for name, is_there in watched.items() if not is_there]

    def _drive_to(self, index: int, goal: Goal) -> Iterator[None]:
        record = GoalRecord(goal, self._now_s)
        self.log.goals.append(record)
        self.log.counting = True
        self._phase = f"goal {index + 1} of {len(self.goals)}, {goal}"
        if index == self.retask_index and index + 1 < len(self.goals):
            other = index + 1
            record.note = f"took over from goal {other + 1} on the way"
            self.client.send(self.goals[other], time.monotonic())
            yield from self._linger(self.params.tour.retask_after_s)
        self.client.send(goal, time.monotonic())
        while self.client.answer is None and self._now_s - record.started_s < self.timeout_s:
            yield
        record.ended_s = self._now_s
        if self.client.answer is None:
            record.answer = f"not reached in {self.timeout_s:g} s: {self._explain_standing()}"
            self.client.cancel()
            yield from self._linger(self.params.patience.cancel_s)
        else:
            succeeded, record.error_code, sentence = self.client.answer
            arrival = self.params.tour
            record.answer = (
                judge_arrival(record, arrival.arrival_position_m, arrival.arrival_heading_rad)
                if succeeded
                else sentence or f"given up with error code {record.error_code}, without a reason"
            )
        self.log.counting = False
        self.display.say(f"goal {index + 1} {goal}: {record.answer}")

    def _linger(self, duration_s: float) -> Iterator[None]:
        """Go on for some simulated time."""
        start_s = self._now_s
        while self._now_s - start_s < duration_s:
            yield

    def _run_round(self) -> None:
        self._look_after_processes()
        self.executor.spin_once(timeout_sec=ROUND_S)
        self.watcher.watch_round()
        steady_s = time.monotonic()
        if self.client.look_after(steady_s):
            self.display.note("the goal was not acknowledged: sent again")
        if self.log.goals and steady_s >= self._meter_due_s:
            self._meter_due_s = steady_s + METER_PERIOD_S
            self.meter.sample(steady_s)
        self.display.show(self._describe(), steady_s)
        if self.interruption.numbers:
            raise Interrupted(signal.Signals(self.interruption.numbers[0]).name)
        if self._death:
            raise RunEnded(self._death)
        truth, patience_s = self.watcher.truth, self.params.patience.silence_s
        if truth is not None and time.time() - truth.wall_s > patience_s:
            raise RunEnded(f"the simulator has been silent for patience.silence_s = {patience_s:g} s: see its log")

    def _look_after_processes(self) -> None:
        """Let the supervisor work, and take note of processes that have ended unasked."""
        self.supervisor.step(timeout_s=0.0)
        ends = self.supervisor.ends[self._seen_ends :]
        self._seen_ends += len(ends)
        for end in ends:
            if end.name not in self.required:
                self.display.say(end.sentence)
            elif not self._death:
                last = self.output.last_lines.get(end.name, "")
                self._death = end.sentence + (f"; it said last: {last}" if last else "")

    def _watch_standstill(self) -> None:
        """See whether the robot stands after a node has died, while the others still run."""
        start_s = time.monotonic()
        while time.monotonic() - start_s < WATCH_STANDSTILL_S and "simulator" in self.supervisor.running_names:
            self.supervisor.step(timeout_s=ROUND_S)
            self.watcher.watch_round()
            truth = self.watcher.truth
            if truth is not None and abs(truth.twist).max() < STANDSTILL_MPS:
                self.display.say(f"the robot stands still, seen {time.monotonic() - start_s:.1f} s later")
                return
        if "simulator" in self.supervisor.running_names:
            self.log.cause += f"; the robot still moved {WATCH_STANDSTILL_S:g} s later"

    @property
    def _now_s(self) -> float:
        """Simulated time as last seen."""
        return self.watcher.truth.stamp_s if self.watcher.truth is not None else 0.0

    def _explain_standing(self) -> str:
        sentences = [message.reason for message in (self.watcher.safety, self.watcher.status) if message is not None and message.reason]
        return "; ".join(sentences) or "no node said why"

    def _describe(self) -> PanelState:
        status, safety, truth = self.watcher.status, self.watcher.safety, self.watcher.truth
        done = sum(record.answer != "" for record in self.log.goals)
        reason = ""
        if self.log.goals and safety is not None and safety.limited_by != safety.NOTHING:
            reason = safety.reason
        elif self.log.goals and status is not None:
            reason = status.reason
        return PanelState(
            phase=self._phase,
            share_done=done / len(self.goals),
            time_s=self.log.duration_s,
            # From the planner's feedback alone: the local planner's figure is for a moment still that of the goal before.
            distance_left_m=self.client.distance_left_m,
            speed_mps=float(truth.twist[0]) if truth is not None and self.log.goals else math.nan,
            clearance_m=truth.clearance_m if truth is not None and self.log.goals else math.nan,
            max_speed_mps=self.params.robot.limits.max_speed_mps,
            candidates=status.candidates if status is not None else 0,
            feasible=status.feasible if status is not None else 0,
            cycle_s=status.cycle_s if status is not None else math.nan,
            period_s=status.period_s if status is not None else math.nan,
            realtime_factor=self.watcher.realtime_factor,
            reason=reason,
        )
