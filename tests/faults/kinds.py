"""All kinds of faults, in the order of the table."""

from __future__ import annotations

from . import full_disks, hostile_files, kills, mutations, secret_keys, server_faults
from .campaign import FaultKind

_FAMILIES = (server_faults, kills, full_disks, hostile_files, mutations, secret_keys)


def all_kinds() -> list[FaultKind]:
    return [kind for family in _FAMILIES for kind in family.kinds()]
