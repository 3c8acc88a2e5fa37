"""The parameters of all parts that a demo starts, read from the files that are laid over the shipped configuration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from astro_nav.errors import ParameterError
from astro_nav.params.demo import DemoParams
from astro_nav.params.files import load_params, read_parameter_file
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.params.schema import list_parameters
from astro_nav.params.simulator import SimulatorParams

Params = TypeVar("Params")

PARTS: dict[str, type] = {
    "demo": DemoParams,
    "simulator": SimulatorParams,
    "global_planner": GlobalPlannerParams,
    "local_planner": LocalPlannerParams,
    "safety_controller": SafetyControllerParams,
}


def load_part_params(params_class: type[Params], part: str, files: Sequence[Path]) -> Params:
    """Build the parameters of one part; what a section for all (`/**`) says to other parts is not for this one.

    Raises:
        ParameterError: with all problems at once.
    """
    own = {spec.name for spec in list_parameters(params_class)}
    foreign = {spec.name for other in PARTS.values() for spec in list_parameters(other)} - own
    changes: dict[str, Any] = {}
    for path in files:
        changes |= {name: value for name, value in read_parameter_file(path, part).items() if name not in foreign}
    return load_params(params_class, part, changes=changes)


def check_all_params(files: Sequence[Path]) -> None:
    """Raise one ParameterError with the problems of all parts, before anything is started."""
    problems: dict[str, None] = {}
    for part, params_class in PARTS.items():
        try:
            load_part_params(params_class, part, files)
        except ParameterError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise ParameterError(list(problems), ", ".join(str(path) for path in files) or "the shipped configuration")
