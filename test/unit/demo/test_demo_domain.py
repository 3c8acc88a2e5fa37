"""A ROS domain that nobody else uses."""

import socket

import pytest

from astro_nav.demo.domain import (
    FIRST_DOMAIN,
    LAST_DOMAIN,
    DomainError,
    find_used_ports,
    make_discovery_environment,
    reserve_domain,
)


@pytest.fixture
def environment(tmp_path):
    return {"XDG_RUNTIME_DIR": str(tmp_path)}


def test_two_demos_never_get_the_same_domain(environment):
    first, second = reserve_domain(environment, seed=5), reserve_domain(environment, seed=5)
    assert first.number != second.number
    assert FIRST_DOMAIN <= first.number <= LAST_DOMAIN


def test_a_released_domain_can_be_had_again(environment):
    first = reserve_domain(environment, seed=5)
    first.release()
    again = reserve_domain(environment, seed=5)
    assert again.number == first.number


def test_a_domain_on_whose_ports_somebody_sits_is_passed_over(environment):
    taken = reserve_domain(environment, seed=7)
    taken.release()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as robot:
        robot.bind(("127.0.0.1", 7400 + 250 * taken.number + 10))
        assert find_used_ports(taken.number) == [7400 + 250 * taken.number + 10]
        assert reserve_domain(environment, seed=7).number != taken.number


def test_a_named_domain_is_respected_and_a_taken_one_is_reported(environment):
    environment["ROS_DOMAIN_ID"] = "93"
    first = reserve_domain(environment)
    assert (first.number, first.note) == (93, "")
    second = reserve_domain(environment)
    assert second.number == 93
    assert "in use" in second.note


@pytest.mark.parametrize("text", ["-1", "233", "one", "4.5"])
def test_a_named_domain_that_is_none_is_refused(environment, text):
    environment["ROS_DOMAIN_ID"] = text
    with pytest.raises(DomainError, match="0 to 232"):
        reserve_domain(environment)


def test_discovery_is_kept_to_this_machine():
    widened = {"ROS_STATIC_PEERS": "10.0.0.1", "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET", "HOME": "/home/robot"}
    assert make_discovery_environment(widened, 12) == {
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "ROS_DOMAIN_ID": "12",
        "HOME": "/home/robot",
    }
