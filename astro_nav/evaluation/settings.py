"""Parameters of all parts of an episode from the shipped files, overlays and `--set name=value`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from astro_nav.errors import ParameterError
from astro_nav.evaluation.stack import StackParams
from astro_nav.params.evaluation import EvaluationParams
from astro_nav.params.files import find_share_folder, load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.params.schema import describe_unknown, list_parameters
from astro_nav.params.simulator import SimulatorParams

NODES: dict[str, type] = {
    "global_planner": GlobalPlannerParams,
    "local_planner": LocalPlannerParams,
    "safety_controller": SafetyControllerParams,
    "simulator": SimulatorParams,
    "evaluation": EvaluationParams,
}


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Read `name=value` words; the value is YAML, so that numbers, lists and booleans are what they look like.

    Raises:
        ParameterError: for words without a name or a value.
    """
    changes, problems = {}, []
    for word in settings:
        name, sign, text = word.partition("=")
        if not sign or not name.strip():
            problems.append(f"{word!r} is not of the form name=value, e.g. robot.limits.max_speed_mps=0.5")
            continue
        try:
            changes[name.strip()] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            problems.append(f"{word!r} has a value that is not YAML: {error}")
    if problems:
        raise ParameterError(problems, "--set")
    return changes


def share_out_changes(changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give every node the changes that it knows.

    A name may begin with the node, `local_planner.horizon.duration_s`, and then is that node's alone; without it the change
    goes to every node that has such a parameter.

    Raises:
        ParameterError: for names that no node knows, with the nearest known ones.
    """
    known = {node: {spec.name for spec in list_parameters(params)} for node, params in NODES.items()}
    shares: dict[str, dict[str, Any]] = {node: {} for node in NODES}
    problems = []
    for name, value in changes.items():
        node, _, rest = name.partition(".")
        takers = [node] if node in known and rest in known[node] else [n for n in known if name in known[n]]
        if not takers:
            everything = sorted({f"{n}.{spec}" for n in known for spec in known[n]} | set().union(*known.values()))
            problems.append(describe_unknown(name, everything))
        for taker in takers:
            shares[taker][rest if takers == [node] else name] = value
    if problems:
        raise ParameterError(problems, "--set")
    return shares


def load_settings(changes: Mapping[str, Any], overlay_files: Iterable[Path] = ()) -> tuple[StackParams, SimulatorParams]:
    """Build the parameters of the stack and of the simulator.

    Raises:
        ParameterError: with all problems at once.
    """
    overlays = tuple(overlay_files)
    if changes or overlays:
        return _build_settings(changes, overlays)
    # Reading YAML takes longer than a short episode; the files may change while the process lives.
    folder = find_share_folder() / "config"
    return _build_shipped(tuple((path, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yaml"))))


@lru_cache(maxsize=1)
def _build_shipped(files: tuple[tuple[Path, int], ...]) -> tuple[StackParams, SimulatorParams]:
    """The shipped parameters; built again when one of the files was written."""
    return _build_settings({}, ())


def _build_settings(changes: Mapping[str, Any], overlays: tuple[Path, ...]) -> tuple[StackParams, SimulatorParams]:
    shares = share_out_changes(changes)
    built, problems = {}, []
    for node, params_class in NODES.items():
        try:
            built[node] = load_params(params_class, node, overlays, shares[node])
        except ParameterError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise ParameterError(problems, "the settings")
    stack = StackParams(built["global_planner"], built["local_planner"], built["safety_controller"], built["evaluation"].passage)
    return stack, built["simulator"]
