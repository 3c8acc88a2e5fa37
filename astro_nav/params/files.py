"""Reading parameter files: the shipped configuration and what a user lays over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from astro_nav.errors import ParameterError
from astro_nav.params.schema import Params, build_params, describe_unknown, list_parameters


def find_share_folder() -> Path:
    """Return the folder that holds config/, launch/, urdf/, worlds/ and rviz/.

    In a checkout, or an install that links to it, that is the root of the repository; in an install it is
    `<prefix>/share/astro_nav`.
    """
    package_folder = Path(__file__).resolve().parents[1]
    candidates = [package_folder.parent, *(parent / "share" / "astro_nav" for parent in package_folder.parents)]
    for candidate in candidates:
        if (candidate / "config" / "robot.yaml").is_file():
            return candidate
    raise FileNotFoundError(
        f"config/robot.yaml not found beside {package_folder} or in share/astro_nav of its install prefix: "
        "build the package again"
    )


def read_parameter_file(path: Path, node_name: str) -> dict[str, Any]:
    """Read the parameters that a ROS 2 parameter file gives to one node.

    Sections named `/**`, or ending in the node's name, count; later ones win.

    Args:
        path: the YAML file.
        node_name: the node's name without namespace.

    Returns:
        dotted name -> value.

    Raises:
        ParameterError: when the file is no parameter file.
    """
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ParameterError([f"cannot be read: {error}"], str(path)) from error
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise ParameterError(["must be a mapping of node names"], str(path))
    values: dict[str, Any] = {}
    for section, content in document.items():
        if str(section) != "/**" and str(section).rsplit("/", 1)[-1] != node_name:
            continue
        if not isinstance(content, Mapping) or not isinstance(content.get("ros__parameters"), Mapping):
            raise ParameterError([f"section {section} must hold ros__parameters"], str(path))
        values.update(_flatten(content["ros__parameters"], ""))
    return values


def read_shipped_values(params_class: type, node_name: str) -> dict[str, Any]:
    """Return the shipped value of every parameter of a node: config/robot.yaml, then config/<node_name>.yaml.

    Only the parameters that `params_class` declares are taken from robot.yaml, which is shared by all nodes; an
    unknown name in the node's own file is an error.
    """
    folder = find_share_folder() / "config"
    known = {spec.name for spec in list_parameters(params_class)}
    shared = read_parameter_file(folder / "robot.yaml", node_name)
    values = {name: value for name, value in shared.items() if name in known}
    own_file = folder / f"{node_name}.yaml"
    if own_file.is_file():
        own = read_parameter_file(own_file, node_name)
        unknown = [describe_unknown(name, known) for name in own if name not in known]
        if unknown:
            raise ParameterError(unknown, str(own_file))
        values.update(own)
    return values


def load_params(
    params_class: type[Params],
    node_name: str,
    overlay_files: Iterable[Path] = (),
    changes: Mapping[str, Any] | None = None,
) -> Params:
    """Build the parameters of one part of the stack without ROS.

    Args:
        params_class: e.g. `LocalPlannerParams`.
        node_name: e.g. "local_planner".
        overlay_files: parameter files laid over the shipped configuration, the last one wins.
        changes: dotted name -> value, laid over everything.
    """
    values = read_shipped_values(params_class, node_name)
    for path in overlay_files:
        values.update(read_parameter_file(path, node_name))
    values.update(changes or {})
    return build_params(params_class, values, f"the parameters of {node_name}")


def _flatten(content: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat
