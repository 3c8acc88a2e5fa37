"""What one sees while the robot drives."""

import io

from astro_nav.demo.panel import Display, PanelState, format_status_line

STATE = PanelState(
    phase="goal 1 of 4", distance_left_m=3.21, speed_mps=0.456, clearance_m=0.5, candidates=700, cycle_s=0.0042, reason="a person crosses"
)


def test_a_line_says_everything():
    assert format_status_line(STATE) == (
        "goal 1 of 4 | 3.2 m left | 0.46 m/s | clearance 0.50 m | 700 candidates | cycle 4.2 ms | a person crosses"
    )


def test_what_is_not_known_is_left_out():
    assert format_status_line(PanelState(phase="starting")) == "starting"


def test_a_robot_that_stands_has_no_negative_speed():
    assert format_status_line(PanelState(phase="goal 1 of 4", speed_mps=-0.003)) == "goal 1 of 4 | 0.00 m/s"
    assert format_status_line(PanelState(phase="goal 1 of 4", speed_mps=-0.03)) == "goal 1 of 4 | -0.03 m/s"


def test_plain_lines_come_now_and_then_and_with_every_new_phase():
    output = io.StringIO()
    with Display(rate_hz=4.0, status_period_s=5.0, output=output) as display:
        for steady_s in (0.0, 1.0, 4.9, 5.0, 6.0):
            display.show(STATE, steady_s)
        display.show(PanelState(phase="goal 2 of 4"), 6.1)
    assert [line.split(" |")[0] for line in output.getvalue().splitlines()] == ["goal 1 of 4", "goal 1 of 4", "goal 2 of 4"]


def test_a_panel_on_a_terminal_shows_the_figures(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    output = io.StringIO()
    with Display(rate_hz=4.0, status_period_s=5.0, use_panel=True, output=output) as display:
        display.note("[not markup] 5 %")
        display.show(STATE, 0.0)
    text = output.getvalue()
    for part in ("goal 1 of 4", "3.2 m", "0.46 m/s", "700, 0 feasible", "4.2 ms", "a person crosses", "[not markup] 5 %"):
        assert part in text
