"""The life of goals, told to the navigator step by step with made-up ways."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.global_planning.cost_map import MapChange
from astro_nav.global_planning.navigator import AskForRoute, EndGoal, Ending, Navigator, PublishPath
from astro_nav.global_planning.plan_result import ErrorCode, PlanResult, describe_no_plan
from astro_nav.global_planning.questions import RouteAnswer, RouteQuestion, Why
from astro_nav.global_planning.way_shape import add_headings, measure_distances_to_go
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import Path

STEP_S = 0.1
REST = np.zeros(2)


def make_leg(start, goal, dearness: float = 1.0) -> PlanResult:
    """A straight way."""
    start, goal = np.asarray(start, float), np.asarray(goal, float)
    count = max(int(np.ceil(np.hypot(*(goal[:2] - start[:2])) / 0.08)), 1) + 1
    poses = add_headings(np.linspace(start[:2], goal[:2], count), goal[2])
    distances = measure_distances_to_go(poses[:, :2])
    return PlanResult(Path(0.0, poses), ErrorCode.NONE, "", distances, dearness * distances)


class World:
    """A robot that is moved by hand, and a planner that answers as told."""

    def __init__(self, **changes) -> None:
        flat = {name.replace("__", "."): value for name, value in changes.items()}
        self.params = load_params(GlobalPlannerParams, "global_planner", changes=flat)
        self.navigator = Navigator(self.params)
        self.now_s = 100.0
        self.pose: np.ndarray | None = np.zeros(3)
        self.twist = REST
        self.questions: list[RouteQuestion] = []
        self.paths: list[Path] = []
        self.ends: list[EndGoal] = []
        self.answers_by_itself = True
        self.dearness, self.present_cost_m, self.failure = 1.0, float("inf"), None
        self.free_cost_m = float("inf")

    def collect(self) -> None:
        for effect in self.navigator.take_effects():
            if isinstance(effect, AskForRoute):
                self.questions.append(effect.question)
                if self.answers_by_itself:
                    self.answer(effect.question)
            elif isinstance(effect, PublishPath):
                self.paths.append(effect.path)
            else:
                self.ends.append(effect)

    def answer(self, question: RouteQuestion) -> None:
        if self.failure is not None:
            legs = (describe_no_plan(self.failure, "no way", self.now_s),)
        else:
            ends = [question.start_map, *question.goals_map]
            legs = tuple(make_leg(a, b, self.dearness) for a, b in zip(ends, ends[1:]))
        self.navigator.take_answer(RouteAnswer(question.number, legs, self.present_cost_m, self.free_cost_m), self.now_s)
        self.collect()

    def run(self, duration_s: float) -> None:
        for _ in range(round(duration_s / STEP_S)):
            self.now_s += STEP_S
            self.navigator.step(self.now_s, self.pose, self.twist)
            self.collect()

    def go(self, *goals, goal_id: str = "a") -> None:
        self.navigator.accept(goal_id, np.array(goals, float), self.now_s)
        self.run(STEP_S)

    def drive_to(self, x: float, y: float, yaw: float = 0.0, speed_mps: float = 0.5) -> None:
        """Move in a straight line, then stand."""
        target = np.array([x, y, yaw])
        while np.hypot(*(target[:2] - self.pose[:2])) > 1e-6 and not self.ends:
            offset = target[:2] - self.pose[:2]
            step = min(speed_mps * STEP_S, np.hypot(*offset))
            self.pose = np.array([*(self.pose[:2] + step * offset / np.hypot(*offset)), np.arctan2(offset[1], offset[0])])
            self.twist = np.array([speed_mps, 0.0])
            self.run(STEP_S)
        self.pose, self.twist = target, REST

    def report_blocked(self, duration_s: float, point=(2.0, 0.0)) -> None:
        for _ in range(round(duration_s / STEP_S)):
            point_map = None if point is None else np.array(point)
            self.navigator.report_local_status(True, point_map, "a box is in the way", self.now_s)
            self.run(STEP_S)


def test_a_goal_is_planned_driven_and_reached_at_rest():
    world = World()
    world.go([3.0, 0.0, 0.5])
    assert [question.why for question in world.questions] == [Why.NEW_GOAL]
    np.testing.assert_allclose(world.paths[-1].poses_map[-1], [3.0, 0.0, 0.5])
    world.drive_to(3.0, 0.0, 0.5)
    world.run(0.5)
    assert [(end.goal_id, end.ending, end.error_code, end.message) for end in world.ends] == [
        ("a", Ending.SUCCEEDED, ErrorCode.NONE, "")
    ]
    assert len(world.paths[-1].poses_map) == 0, "the robot is told to stand"
    assert not world.navigator.is_busy
    world.run(5.0)
    assert len(world.questions) == 1 and len(world.ends) == 1


@pytest.mark.parametrize(
    "pose, twist",
    [
        ([3.0, 0.06, 0.5], [0.0, 0.0]),
        ([3.0, 0.0, 0.62], [0.0, 0.0]),
        ([3.0, 0.0, 0.5], [0.05, 0.0]),
        ([3.0, 0.0, 0.5], [0.0, -0.2]),
        ([3.0, 0.0, 0.5], None),
    ],
)
def test_outside_a_tolerance_or_in_motion_is_not_arrived(pose, twist):
    world = World()
    world.go([3.0, 0.0, 0.5])
    world.pose, world.twist = np.array(pose), None if twist is None else np.array(twist)
    world.run(3.0)
    assert world.ends == []


def test_passing_over_the_goal_without_resting_is_not_arrived():
    world = World()
    world.go([3.0, 0.0, 0.0])
    for x in np.linspace(2.0, 4.0, 41):
        world.pose, world.twist = np.array([x, 0.0, 0.0]), np.array([0.5, 0.0])
        world.run(STEP_S)
    assert world.ends == []


def test_a_new_goal_replaces_the_old_one_without_a_stop():
    world = World()
    world.go([3.0, 0.0, 0.0], goal_id="old")
    world.drive_to(1.0, 0.0)
    world.answers_by_itself = False
    world.go([0.0, 4.0, 0.0], goal_id="new")
    assert [(end.goal_id, end.ending) for end in world.ends] == [("old", Ending.ABORTED)]
    assert "newer goal" in world.ends[0].message
    world.run(1.0)
    assert all(len(path.poses_map) > 0 for path in world.paths), "no empty way in between"
    world.answer(world.questions[-1])
    np.testing.assert_allclose(world.paths[-1].poses_map[-1], [0.0, 4.0, 0.0])
    assert all(len(path.poses_map) > 0 for path in world.paths)


def test_a_new_goal_that_cannot_be_reached_stops_the_robot():
    world = World()
    world.go([3.0, 0.0, 0.0], goal_id="old")
    world.failure = ErrorCode.NO_VALID_PATH
    world.go([0.0, 4.0, 0.0], goal_id="new")
    assert (world.ends[-1].goal_id, world.ends[-1].error_code) == ("new", ErrorCode.NO_VALID_PATH)
    assert len(world.paths[-1].poses_map) == 0


def test_of_many_goals_only_the_last_is_driven_to():
    world = World()
    world.answers_by_itself = False
    for number in range(100):
        world.navigator.accept(number, np.array([[1.0 + 0.01 * number, 0.0, 0.0]]), world.now_s)
        world.navigator.step(world.now_s, world.pose, REST)
        world.collect()
    for question in world.questions:
        world.answer(question)
    assert [end.goal_id for end in world.ends] == list(range(99))
    assert len(world.paths) == 1
    np.testing.assert_allclose(world.paths[0].poses_map[-1, 0], 1.99)


def test_cancel_stops_and_only_the_goal_on_the_way_can_be_canceled():
    world = World()
    world.go([3.0, 0.0, 0.0])
    assert not world.navigator.cancel("another", world.now_s)
    assert world.navigator.cancel("a", world.now_s)
    world.collect()
    assert (world.ends[-1].ending, len(world.paths[-1].poses_map)) == (Ending.CANCELED, 0)
    assert not world.navigator.cancel("a", world.now_s)
    world.run(2.0)
    assert len(world.paths) == 2


def test_an_answer_that_comes_after_the_goal_was_canceled_is_ignored():
    world = World()
    world.answers_by_itself = False
    world.go([3.0, 0.0, 0.0])
    world.navigator.cancel("a", world.now_s)
    world.answer(world.questions[0])
    assert world.paths == []


def test_a_list_is_passed_through_in_order_with_a_stop_only_at_the_end():
    world = World()
    world.go([2.0, 0.0, 1.5], [4.0, 1.0, 0.0], [6.0, 0.0, 0.3])
    np.testing.assert_allclose(world.paths[-1].poses_map[-1], [6.0, 0.0, 0.3])
    assert world.navigator.make_feedback(world.now_s).goals_left == 3
    distance_m = 2.0 + 2 * np.hypot(2.0, 1.0)
    assert world.navigator.make_feedback(world.now_s).distance_left_m == pytest.approx(distance_m, abs=0.1)
    world.drive_to(1.9, 0.0)
    assert world.navigator.make_feedback(world.now_s).goals_left == 2
    world.drive_to(4.0, 1.0)
    assert world.ends == []
    world.drive_to(6.0, 0.0, 0.3)
    world.run(0.5)
    assert world.ends[-1].ending is Ending.SUCCEEDED
    assert len(world.questions) == 1


def test_a_goal_at_which_the_robot_turns_round_ends_the_way_that_is_handed_out():
    world = World()
    world.go([2.0, 0.0, 0.0], [0.5, 0.0, 0.0])
    np.testing.assert_allclose(world.paths[-1].poses_map[-1, :2], [2.0, 0.0])
    world.drive_to(1.8, 0.0)
    np.testing.assert_allclose(world.paths[-1].poses_map[-1, :2], [0.5, 0.0])


def test_a_pose_within_a_list_that_fails_fails_the_task():
    world = World()
    world.answers_by_itself = False
    world.go([2.0, 0.0, 0.0], [4.0, 0.0, 0.0])
    legs = (make_leg([0, 0, 0], [2, 0, 0]), describe_no_plan(ErrorCode.GOAL_OCCUPIED, "pose 2 of 2: occupied", 0.0))
    world.navigator.take_answer(RouteAnswer(world.questions[0].number, legs, np.inf), world.now_s)
    world.collect()
    assert (world.ends[0].error_code, world.ends[0].message) == (ErrorCode.GOAL_OCCUPIED, "pose 2 of 2: occupied")
    assert world.paths == []


def test_a_blocked_way_makes_it_look_for_another_that_keeps_off_the_place():
    world = World()
    world.go([5.0, 0.0, 0.0])
    world.run(4.0)
    world.report_blocked(1.2)
    assert len(world.questions) == 1, "not at the first report"
    world.report_blocked(0.5)
    assert world.questions[-1].why is Why.BLOCKED
    np.testing.assert_allclose(world.questions[-1].blocked_discs_map, [[2.0, 0.0, world.params.progress.blocked_radius_m]])
    assert world.navigator.make_feedback(world.now_s).recoveries == 1
    assert len(world.paths) == 2


def test_a_blocked_way_without_another_is_waited_at_and_given_up_in_the_end():
    world = World()
    world.go([5.0, 0.0, 0.0])
    world.failure = ErrorCode.NO_VALID_PATH
    world.report_blocked(30.0)
    assert world.ends == [] and len(world.paths) == 1, "the present way stays, for when the box is gone"
    assert world.navigator.waits_for == "no way"
    world.report_blocked(35.0)
    assert world.ends[-1].error_code is ErrorCode.FAILED_TO_MAKE_PROGRESS
    assert "no progress for 60 s" in world.ends[-1].message and "no way" in world.ends[-1].message
    assert len(world.paths[-1].poses_map) == 0


def test_a_place_that_was_blocked_is_tried_again_later_and_believed_longer_when_blocked_again():
    world = World(progress__give_up_s=3000.0, progress__patience_s=600.0)
    world.go([50.0, 0.0, 0.0])
    world.report_blocked(4.0)
    first_s = world.now_s
    while len(world.questions[-1].blocked_discs_map) or world.questions[-1].why is not Why.BETTER_WAY:
        world.run(STEP_S)
        assert world.now_s - first_s < 40.0
    assert world.now_s - first_s > 25.0
    world.report_blocked(4.0)
    assert world.questions[-1].why is Why.BLOCKED
    second_s, asked = world.now_s, len(world.questions)
    while len(world.questions) == asked:
        world.run(STEP_S)
        assert world.now_s - second_s < 70.0
    assert world.now_s - second_s > 50.0


@pytest.mark.parametrize("dearness, present_cost_m, changes", [(1.0, 4.5, False), (1.0, 8.0, True), (1.0, np.inf, True)])
def test_two_nearly_equal_ways_do_not_make_it_change_over(dearness, present_cost_m, changes):
    world = World()
    world.go([4.0, 0.0, 0.0])
    world.present_cost_m = present_cost_m
    world.navigator.report_map(MapChange.CELLS)
    world.run(0.3)
    assert world.questions[-1].why is Why.MAP_CHANGED
    assert world.questions[-1].present_poses_map is not None
    assert (len(world.paths) == 2) == changes


def test_a_map_that_closes_the_way_ends_the_goal():
    world = World()
    world.go([4.0, 0.0, 0.0])
    world.failure = ErrorCode.NO_VALID_PATH
    world.navigator.report_map(MapChange.CELLS)
    world.run(0.3)
    assert world.ends[-1].error_code is ErrorCode.NO_VALID_PATH
    assert len(world.paths[-1].poses_map) == 0


def test_a_robot_far_off_its_way_gets_a_new_one():
    world = World()
    world.go([6.0, 0.0, 0.0])
    world.run(5.0)
    world.pose = np.array([2.0, 1.8, 0.0])
    world.run(0.3)
    assert world.questions[-1].why is Why.OFF_WAY
    np.testing.assert_allclose(world.paths[-1].poses_map[0], [2.0, 1.8, world.paths[-1].poses_map[0, 2]])


def test_without_progress_a_way_is_asked_for_anew_and_the_goal_given_up_in_the_end():
    world = World()
    world.go([6.0, 0.0, 0.0])
    world.navigator.report_local_status(False, None, "the scan is old", world.now_s)
    world.run(8.5)
    assert [question.why for question in world.questions] == [Why.NEW_GOAL, Why.NO_PROGRESS]
    for _ in range(100):  # swaying to and fro gets nobody on
        world.pose = np.array([0.1 * (len(world.paths) % 2), 0.0, 0.0])
        world.run(0.6)
    assert world.ends[-1].error_code is ErrorCode.FAILED_TO_MAKE_PROGRESS
    assert "the scan is old" in world.ends[-1].message


def test_slow_progress_is_progress():
    world = World()
    world.go([10.0, 0.0, 0.0])
    world.drive_to(3.0, 0.0, speed_mps=0.03)
    assert world.ends == [] and len(world.questions) == 1


def test_turning_at_the_goal_is_progress():
    world = World(progress__patience_s=2.0, progress__give_up_s=5.0)
    world.go([0.1, 0.0, 3.0])
    for yaw in np.linspace(0.0, 2.8, 80):
        world.pose = np.array([0.1, 0.0, yaw])
        world.twist = np.array([0.0, 0.35])
        world.run(STEP_S)
    assert world.ends == [] and len(world.questions) == 1


def test_a_goal_waits_for_the_pose_and_is_given_up_with_the_reason():
    world = World()
    world.pose = None
    world.navigator.accept("a", np.array([[1.0, 0.0, 0.0]]), world.now_s)
    for _ in range(60):
        world.now_s += STEP_S
        world.navigator.step(world.now_s, None, None, "no transform map <- base_link")
        world.collect()
    assert world.ends[-1].error_code is ErrorCode.TF_ERROR
    assert "no transform map <- base_link; waited search.pose_wait_s = 5 s" in world.ends[-1].message


def test_a_goal_that_came_before_the_pose_is_planned_as_soon_as_it_is_there():
    world = World()
    world.pose = None
    world.go([1.0, 0.0, 0.0])
    world.run(1.0)
    assert world.questions == []
    world.pose = np.zeros(3)
    world.run(STEP_S)
    assert len(world.paths) == 1


def test_time_left_learns_from_what_the_robot_needs():
    """A robot at 0.3 m/s: after a while the time left is right within a fifth."""
    world = World()
    world.go([12.0, 0.0, 0.0])
    errors = []
    while world.pose[0] < 11.0:
        world.drive_to(world.pose[0] + 0.3, 0.0, speed_mps=0.3)
        truly_left_s = (12.0 - world.pose[0]) / 0.3 + world.params.pace.settling_s
        errors.append(world.navigator.make_feedback(world.now_s).time_left_s / truly_left_s - 1.0)
    assert np.median(np.abs(errors)) < 0.2
    assert max(np.abs(errors[len(errors) // 2 :])) < 0.2


def test_distance_left_follows_the_way():
    world = World()
    world.go([4.0, 0.0, 0.0])
    assert world.navigator.make_feedback(world.now_s).distance_left_m == pytest.approx(4.0, abs=0.05)
    world.drive_to(3.0, 0.1)
    assert world.navigator.make_feedback(world.now_s).distance_left_m == pytest.approx(1.0, abs=0.15)
    assert world.navigator.make_feedback(world.now_s).goals_left == 1


def test_without_a_goal_there_is_no_feedback():
    world = World()
    world.run(0.2)
    assert world.navigator.make_feedback(world.now_s) is None


def test_a_clock_that_starts_anew_does_not_end_or_stall_a_goal():
    world = World()
    world.go([6.0, 0.0, 0.0])
    world.run(5.0)
    world.now_s = 0.0
    world.run(5.0)
    assert world.ends == []
    world.pose = np.array([2.0, 1.8, 0.0])
    world.run(0.3)
    assert world.questions[-1].why is Why.OFF_WAY


def test_a_short_way_round_a_blocked_place_is_taken_at_once_and_a_long_one_after_as_long_a_wait():
    world = World()
    world.go([5.0, 0.0, 0.0])
    world.free_cost_m, world.dearness = 5.0, 1.0
    world.report_blocked(4.0)
    assert len(world.paths) == 2, "the other way costs no more"
    world = World()
    world.go([5.0, 0.0, 0.0])
    world.free_cost_m, world.dearness = 5.0, 4.0  # 15 m more
    begin_s, progress = world.now_s, world.params.progress
    while len(world.paths) == 1:
        world.report_blocked(STEP_S)
        if world.now_s - begin_s > 4.0 and len(world.paths) == 1:
            assert "waiting, for the way round it costs 15.0 m more" in world.navigator.waits_for
    waited_s, due_s = world.now_s - begin_s, (15.0 - progress.detour_m) / progress.detour_mps
    assert due_s <= waited_s < due_s + progress.retry_s + 1.0
    assert world.paths[1].poses_map[-1, 0] == 5.0, "not a retreat"


def test_any_other_way_is_taken_before_the_goal_is_given_up():
    world = World(progress__retreat_m=0.0)
    world.go([5.0, 0.0, 0.0])
    world.free_cost_m, world.dearness = 5.0, 100.0
    world.report_blocked(50.0)
    assert world.ends == [] and len(world.paths) > 1


def test_when_the_surface_that_blocks_is_not_on_the_way_the_way_itself_is_closed():
    world = World()
    world.go([5.0, 0.0, 0.0])
    world.report_blocked(4.0, point=(0.1, 1.0))
    disc = world.questions[-1].blocked_discs_map[-1]
    assert disc[1] == pytest.approx(0.0, abs=1e-6) and 0.3 < disc[0] < 1.0
    body_m = 0.125
    assert np.hypot(*disc[:2]) > disc[2] + body_m, "the robot itself stands free"


def test_an_obstacle_that_is_met_again_on_the_way_round_it_grows():
    world = World()
    world.go([5.0, 0.0, 0.0])
    world.report_blocked(20.0)
    radii = [question.blocked_discs_map[0, 2] for question in world.questions if len(question.blocked_discs_map)]
    assert radii[0] == world.params.progress.blocked_radius_m
    assert radii == sorted(radii) and radii[-1] == pytest.approx(world.params.progress.blocked_max_radius_m)


def test_without_another_way_the_robot_backs_off_along_its_trail_and_tries_again():
    world = World()
    world.go([5.0, 0.0, 0.0])
    world.drive_to(2.0, 0.0)
    way = world.paths[-1]
    world.failure = ErrorCode.NO_VALID_PATH
    world.report_blocked(world.params.progress.retreat_after_s + 1.0, point=(2.4, 0.0))
    back = world.paths[-1].poses_map
    assert back[-1, 0] == pytest.approx(2.0 - world.params.progress.retreat_m, abs=0.11)
    assert (back[:, 2] == 0.0).all(), "its face to what it backs off from"
    world.drive_to(*back[-1, :2], speed_mps=0.2)
    world.run(0.2)
    assert len(world.paths[-1].poses_map) == len(way.poses_map), "the way is tried again"
    assert world.navigator.make_feedback(world.now_s).recoveries == 1


def test_a_local_planner_without_data_is_not_taken_for_an_obstacle():
    world = World()
    world.go([5.0, 0.0, 0.0])
    for _ in range(300):
        world.navigator.report_local_status(False, None, "the scan is old", world.now_s, is_able=False)
        world.run(STEP_S)
    assert all(len(question.blocked_discs_map) == 0 for question in world.questions)


def test_reports_that_flicker_count_and_a_robot_that_gets_on_is_not_blocked():
    world = World()
    world.go([8.0, 0.0, 0.0])
    for number in range(60):
        world.navigator.report_local_status(number % 3 == 0, np.array([1.0, 0.0]), "a box", world.now_s)
        world.run(STEP_S)
    assert world.questions[-1].why is Why.BLOCKED
    world = World()
    world.go([8.0, 0.0, 0.0])
    for x in np.arange(0.0, 4.0, 0.05):
        world.pose = np.array([x, 0.0, 0.0])
        world.navigator.report_local_status(True, np.array([x + 0.5, 0.0]), "a box", world.now_s)
        world.run(STEP_S)
    assert len(world.questions) == 1


def test_when_something_stays_on_the_goal_the_robot_is_content_to_stand_beside_it_and_says_so():
    world = World()
    world.go([3.0, 0.0, 0.0])
    world.drive_to(2.6, 0.0)
    world.failure = ErrorCode.GOAL_OCCUPIED
    world.report_blocked(25.0, point=(2.85, 0.0))
    assert world.ends[-1].ending is Ending.SUCCEEDED
    assert "something stands on the goal: stopped 0.40 m from it" in world.ends[-1].message
    assert len(world.paths[-1].poses_map) == 0
