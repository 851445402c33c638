"""Protocols, a file each: how a trial is laid out and how its answer is read."""

from __future__ import annotations

from starbench.errors import InputError
from starbench.protocols.base import Protocol
from starbench.protocols.star_bench import StarBench
from starbench.protocols.starbench import Starbench

PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in (StarBench(), Starbench())}


def get(name: str) -> Protocol:
    """The protocol called ``name``.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in PROTOCOLS:
        raise InputError(f"no protocol is called {name!r}: there are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


__all__ = ["PROTOCOLS", "Protocol", "get"]
