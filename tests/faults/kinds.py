"""All kinds of faults, in the order of the table."""

from __future__ import annotations

from . import server_faults
from .campaign import FaultKind

_FAMILIES = (server_faults,)


def all_kinds() -> list[FaultKind]:
    return [kind for family in _FAMILIES for kind in family.kinds()]
