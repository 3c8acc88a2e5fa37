"""Goals as a user writes them."""

import pytest

from astro_nav.demo.goals import Goal, format_goals, parse_goals
from astro_nav.errors import GoalError


def test_goals_are_read_in_order():
    assert parse_goals("1.5,2.0,0; -0.5, 3, 1.57") == [Goal(1.5, 2.0, 0.0), Goal(-0.5, 3.0, 1.57)]


def test_a_closing_semicolon_is_no_goal():
    assert len(parse_goals(" 1,2,3 ; ")) == 1


def test_format_is_the_inverse_of_parse():
    goals = [Goal(1.25, -2.5, 0.1), Goal(0.0, 0.0, -3.14)]
    assert parse_goals(format_goals(goals)) == goals


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "no goal"),
        (" ; ", "no goal"),
        ("1,2,3;;4,5,6", "goal 2 is empty"),
        ("1,2", "goal 1, '1,2', has 2 of the 3 numbers"),
        ("1,2,3; 1,2,3,4", "goal 2, '1,2,3,4', has 4 of the 3"),
        ("1,two,3", "y = 'two' is not a number"),
        ("1,2,nan", "yaw = nan rad is not finite"),
        ("inf,2,3", "x = inf m is not finite"),
    ],
)
def test_the_bad_part_is_named_and_the_remedy_given(text, named):
    with pytest.raises(GoalError) as error:
        parse_goals(text)
    assert named in str(error.value)
    assert "x,y,yaw; x,y,yaw" in str(error.value)
