"""Names that a user types: what exists, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from astro_nav.errors import EvaluationError


def refuse_unknown(kind: str, name: str, known: Iterable[str]) -> EvaluationError:
    """The error for a name that does not exist: the nearest ones, and all that there are."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
    hint = f", did you mean {' or '.join(close)}?" if close else ";"
    return EvaluationError(f"there is no {kind} {name!r}{hint} There are: {', '.join(known)}")
