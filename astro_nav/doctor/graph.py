"""Who speaks and who listens: missing nodes, two drivers of one base, qualities of service that do not meet, clocks."""

from __future__ import annotations

from astro_nav.doctor.findings import ERROR, GOOD, WARNING, Finding
from astro_nav.doctor.observations import Endpoint, Observations
from astro_nav.params.safety_controller import SafetyControllerParams

NODES = ("global_planner", "local_planner", "safety_controller")


def check_graph(seen: Observations, params: SafetyControllerParams) -> list[Finding]:
    """All that needs to know the endpoints; of a recording only what its messages tell."""
    findings = [*_check_map(seen), *_check_complaints(seen), *_check_types(seen)]
    if not seen.is_live:
        return findings
    return [*_check_nodes(seen), *_check_command(seen), *_check_quality(seen), *_check_clock(seen), *_check_screen(seen, params), *findings]


def _check_nodes(seen: Observations) -> list[Finding]:
    missing = [name for name in NODES if seen.resolve(name) not in seen.nodes]
    if missing:
        elsewhere = sorted(node for node in seen.nodes if node.rsplit("/", 1)[-1] in missing)
        hint = f"; there is {', '.join(elsewhere)}: use --namespace" if elsewhere else ""
        return [Finding(ERROR, "nodes", f"{', '.join(missing)} not running{hint}", "ros2 launch astro_nav bringup.launch.xml")]
    return [Finding(GOOD, "nodes", "the three nodes run")]


def _check_command(seen: Observations) -> list[Finding]:
    name = seen.resolve("cmd_vel")
    speakers = sorted(end.node for end in seen.publishers.get(name, []))
    listeners = seen.subscriptions.get(name, [])
    gate = seen.resolve("safety_controller")
    findings = []
    strangers = [node for node in speakers if node != gate]
    if strangers:
        findings.append(
            Finding(ERROR, "cmd_vel", f"{', '.join(strangers)} publishes {name}, past the safety controller",
                    "nothing else may publish it: give joysticks cmd_vel_teleop, which goes through the same gate")
        )  # fmt: skip
    if speakers.count(gate) > 1:
        findings.append(Finding(ERROR, "cmd_vel", f"{speakers.count(gate)} safety controllers publish it", "stop all but one"))
    if not listeners:
        findings.append(Finding(ERROR, "cmd_vel", f"nobody listens to {name}", "start the base driver, or remap its topic"))
    elif gate in speakers and not findings:
        findings.append(Finding(GOOD, "cmd_vel", f"from the safety controller alone, taken by {', '.join(sorted({end.node for end in listeners}))}"))
    return findings


def _check_types(seen: Observations) -> list[Finding]:
    remedy = "let both sides use one type; for cmd_vel: stamped_cmd_vel of the safety controller"
    return [
        Finding(ERROR, name.rsplit("/", 1)[-1], f"{name} is spoken of as {' and '.join(sorted(types))}: they do not hear each other", remedy)
        for name, types in sorted(seen.types.items())
        if len(types) > 1
    ]


def _check_quality(seen: Observations) -> list[Finding]:
    findings, pairs = [], 0
    for name, speakers in sorted(seen.publishers.items()):
        for listener in seen.subscriptions.get(name, []):
            pairs += len(speakers)
            for speaker in speakers:
                problem = describe_mismatch(speaker, listener)
                if problem:
                    findings.append(
                        Finding(ERROR, "qos", f"{listener.node} hears nothing of {speaker.node} on {name}: {problem}",
                                "change the quality of service of one of them")
                    )  # fmt: skip
    good = [Finding(GOOD, "qos", f"all {pairs} pairs of publisher and subscription suit each other")] if pairs else []
    return findings or good


def describe_mismatch(speaker: Endpoint, listener: Endpoint) -> str:
    """Why DDS does not connect two endpoints; empty when it does. Source: DDS 1.4, section 2.2.3, request against offer."""
    if listener.type_name == speaker.type_name:
        if listener.reliable and not speaker.reliable:
            return "it asks for reliable, which a best-effort publisher does not offer"
        if listener.latched and not speaker.latched:
            return "it asks for transient local, which a volatile publisher does not offer"
    return ""


def _check_clock(seen: Observations) -> list[Finding]:
    speakers = seen.publishers.get("/clock", [])
    if len(speakers) > 1:
        nodes = ", ".join(sorted(end.node for end in speakers))
        return [Finding(ERROR, "clock", f"{len(speakers)} nodes publish /clock: {nodes}", "only one simulation or player may: stop the others")]
    return []


def _check_map(seen: Observations) -> list[Finding]:
    name = seen.resolve("map")
    if seen.find_topic("map").count:
        return [Finding(GOOD, "map", "is there")]
    if seen.is_live and seen.publishers.get(name) and not any(end.latched for end in seen.publishers[name]):
        return [Finding(ERROR, "map", f"{seen.publishers[name][0].node} publishes {name} without keeping it for late listeners",
                        "publish it reliable and transient local, as nav2_map_server does")]  # fmt: skip
    remedy = "launch with map:=FILE, or start nav2_map_server or a SLAM" if seen.is_live else "record map as well, to examine it"
    return [Finding(ERROR if seen.is_live else WARNING, "map", f"there is no {name}", remedy)]


def _check_screen(seen: Observations, params: SafetyControllerParams) -> list[Finding]:
    joint, name = params.robot.screen.joint, seen.resolve("screen/joint_trajectory")
    if not joint:
        return []
    if not seen.subscriptions.get(name):
        return [Finding(WARNING, "screen", f"nobody listens to {name}", "remap it to the joint_trajectory_controller, or set robot.screen.joint empty")]
    if joint not in seen.joints:
        return [Finding(WARNING, "screen", f"{joint} is not in joint_states", "the screen moves unseen: publish its joint state")]
    return [Finding(GOOD, "screen", f"{joint} is commanded and reports")]


def _check_complaints(seen: Observations) -> list[Finding]:
    """What our own nodes say about themselves."""
    return [
        Finding(WARNING, "diagnostics", f"{name}: {sentence}", "ros2 topic echo /diagnostics shows its values")
        for name, sentence in sorted(seen.complaints.items())
        if sentence and any(node in name for node in NODES)
    ]
