from dataclasses import dataclass

import pytest

from astro_nav.launching.process_spec import ProcessSpec
from astro_nav.launching.stop_order import STAGE_PATIENCE_S, find_next_to_ask


@dataclass
class Process:
    spec: ProcessSpec
    asked_at: float | None = None


def make(**ranks):
    return [Process(ProcessSpec(name, ("true",), stop_rank=rank)) for name, rank in ranks.items()]


def list_stages(processes):
    """Names in the order in which they are asked when each ends at once."""
    stages = []
    while processes:
        chosen = find_next_to_ask(processes, 0.0)
        stages.append([process.spec.name for process in chosen])
        processes = [process for process in processes if process not in chosen]
    return stages


@pytest.mark.parametrize(
    "ranks, stages",
    [
        ({"a": None, "b": None, "c": None}, [["c"], ["b"], ["a"]]),
        ({"a": 2, "b": 1, "c": 2}, [["b"], ["a", "c"]]),
        ({"a": 1, "b": None, "c": -1, "d": None, "e": 0}, [["c"], ["d"], ["b"], ["e"], ["a"]]),
        ({}, []),
    ],
)
def test_lower_ranks_go_first_and_without_ranks_the_last_started(ranks, stages):
    assert list_stages(make(**ranks)) == stages


def test_turn_comes_when_the_one_before_has_ended_or_patience_has():
    first, second = make(safety=None, planner=None)
    second.asked_at = 10.0
    assert find_next_to_ask([first, second], 10.0 + STAGE_PATIENCE_S / 2) == []
    assert find_next_to_ask([first, second], 10.0 + STAGE_PATIENCE_S) == [first]
    assert find_next_to_ask([first], 10.0) == [first]
    first.asked_at = 11.0
    assert find_next_to_ask([first, second], 99.0) == []
