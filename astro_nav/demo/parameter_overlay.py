"""Parameter files laid over each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from astro_nav.errors import ParameterError


def write_overlay(path: Path, user_file: Path | None, values: Mapping[str, Any]) -> None:
    """Write a ROS 2 parameter file: the user's, with the demo's own values on top.

    Args:
        path: the file to write.
        user_file: None for none.
        values: node -> its parameters, nested as in the file.

    Raises:
        ParameterError: the user's file is no parameter file.
    """
    document: dict[str, Any] = {}
    if user_file is not None:
        try:
            document = yaml.safe_load(user_file.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ParameterError([f"cannot be read: {error}"], str(user_file)) from error
        if not isinstance(document, dict):
            raise ParameterError(["must be a mapping of node names"], str(user_file))
    own = {node: {"ros__parameters": dict(content)} for node, content in values.items()}
    path.write_text(yaml.safe_dump(_merge(document, own), sort_keys=False), encoding="utf-8")


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = value
    return merged
