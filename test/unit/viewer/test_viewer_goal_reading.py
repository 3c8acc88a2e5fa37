"""Goals from the page: a pose, or a sentence."""

from __future__ import annotations

import json
import math

import pytest

from astro_nav.errors import GoalError
from astro_nav.viewer.goal_reading import read_goal


def test_a_goal_is_read_and_its_heading_wrapped():
    assert read_goal(b'{"x": 1.5, "y": -2, "yaw": 7.0}') == pytest.approx([1.5, -2.0, 7.0 - 2.0 * math.pi])


BAD = [
    b"", b"\xff\xfe", b"null", b"[1, 2, 3]", b'"x"', b"{}", b"{", b"[" * 4000, b'{"x": 1, "y": 2}', b'{"x": 1, "y": 2, "yaw": 0, "z": 1}',
    b'{"x": NaN, "y": 2, "yaw": 0}', b'{"x": Infinity, "y": 2, "yaw": 0}', b'{"x": 1e999, "y": 2, "yaw": 0}', b'{"x": "1", "y": 2, "yaw": 0}',
    b'{"x": true, "y": 2, "yaw": 0}', b'{"x": null, "y": 2, "yaw": 0}', b'{"x": [1], "y": 2, "yaw": 0}', b'{"x": 10001, "y": 2, "yaw": 0}',
    b'{"x": 1, "y": 2, "yaw": 1e6}', b'{"x": 1' + b"0" * 400 + b', "y": 2, "yaw": 0}', b'{"x": 1' + b"0" * 3900 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_a_malformed_goal_is_answered_with_a_sentence(body):
    with pytest.raises(GoalError, match="goal") as caught:
        read_goal(body)
    assert len(str(caught.value)) < 200 and "\n" not in str(caught.value)


def test_the_sentence_names_value_and_bound():
    with pytest.raises(GoalError, match=r"x = 20000 is out of bounds: -10000 to 10000 m"):
        read_goal(json.dumps({"x": 20000, "y": 0, "yaw": 0}).encode())
