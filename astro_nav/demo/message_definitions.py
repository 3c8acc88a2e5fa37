"""The text of a message type and of all that it is made of, as recordings carry it.

The text comes from the `.msg` files that every interface package installs, comments included, so that a recording
explains its own fields. Format: MCAP specification, appendix "well-known message encodings", schema encoding `ros2msg`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

SEPARATOR = "=" * 80
PRIMITIVES = frozenset(
    "bool byte char float32 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 string wstring".split()
)
_FIELD = re.compile(r"^\s*(?P<type>[A-Za-z][\w/]*)(?:<=\d+)?(?:\[(?:<=)?\d*\])?\s+[A-Za-z]\w*")


def read_installed_definition(type_name: str) -> str:
    """Return the text of the `.msg` file of `package/msg/Name`, found through the ament index.

    Raises:
        LookupError: no such type is installed.
    """
    from ament_index_python.packages import get_package_share_directory  # slow to import, and only ROS has it

    package, name = type_name.split("/msg/")
    path = Path(get_package_share_directory(package)) / "msg" / f"{name}.msg"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise LookupError(f"{path} is not installed, so {type_name} cannot be recorded") from error


def assemble_definition(type_name: str, read_definition: Callable[[str], str] = read_installed_definition) -> str:
    """Return the definition of a type followed by those of all types inside it, each once.

    Args:
        type_name: `package/msg/Name`.
        read_definition: returns the text of one type.
    """
    texts = {type_name: read_definition(type_name)}
    waiting = [type_name]
    while waiting:
        outer = waiting.pop(0)
        for inner in find_inner_types(texts[outer], outer.split("/")[0]):
            if inner not in texts:
                texts[inner] = read_definition(inner)
                waiting.append(inner)
    parts = [texts.pop(type_name).rstrip("\n")]
    parts += [f"{SEPARATOR}\nMSG: {name.replace('/msg/', '/')}\n{text.rstrip()}" for name, text in texts.items()]
    return "\n".join(parts) + "\n"


def find_inner_types(text: str, package: str) -> list[str]:
    """Return the message types among the fields of a definition, in order, as `package/msg/Name`.

    Args:
        text: of one `.msg` file.
        package: of that file: types without a package are of the same one.
    """
    types = []
    for line in text.splitlines():
        field = _FIELD.match(line.split("#", 1)[0])
        if field is None or field["type"] in PRIMITIVES:
            continue
        parts = field["type"].split("/")
        types.append(f"{parts[0] if len(parts) > 1 else package}/msg/{parts[-1]}")
    return list(dict.fromkeys(types))
