"""All kinds of faults, in the order of the table."""

from __future__ import annotations

from . import (
    full_disks,
    hostile_files,
    hostile_text,
    kills,
    mutations,
    plugin_zoo,
    round_trips,
    secret_keys,
    server_faults,
)
from .campaign import FaultKind

_FAMILIES = (
    server_faults,
    kills,
    round_trips,
    full_disks,
    hostile_files,
    mutations,
    plugin_zoo,
    secret_keys,
    hostile_text,
)


def all_kinds() -> list[FaultKind]:
    return [kind for family in _FAMILIES for kind in family.kinds()]
