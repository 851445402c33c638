"""Protocols, a file each: how a trial is laid out and how its answer is read.

Two are built in; others are plug-ins of the entry-point group ``starbench.protocols``.
"""

from __future__ import annotations

from functools import cache, lru_cache

from starbench.errors import InputError, PluginError
from starbench.plugins import registry
from starbench.protocols.base import Protocol
from starbench.protocols.star_bench import StarBench
from starbench.protocols.starbench import Starbench
from starbench.reading.constrained import constrained_answer
from starbench.reading.evidence import ReadingEvidence, ReadingReason
from starbench.schema import AnswerMode, Reading, Response, Stop
from starbench.text import suggestion

PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in (StarBench(), Starbench())}
#: What ``--protocol`` calls a suite's own benchmark's protocol, whichever that is.
OFFICIAL = "official"


@cache
def get(name: str) -> Protocol:
    """The protocol called ``name``, built in or a plug-in; raises :class:`InputError` if there is none."""
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    installed = registry.available("protocols")
    if name not in installed:
        raise InputError(
            f"no protocol is called {name!r}: {suggestion(name, [*PROTOCOLS, *installed, OFFICIAL])}"
        )
    protocol: Protocol = registry.make("protocols", name)
    if getattr(protocol, "name", None) != name:
        raise PluginError(f"protocol {name!r} must say so itself: set its name to {name!r}")
    return protocol


def resolve(name: str | None, default: str, official: str | None, suite: str) -> Protocol:
    """The protocol that ``--protocol`` names for a suite, by what the suite says of itself.

    Raises :class:`InputError` if there is none, or ``official`` is wanted and the suite is of no benchmark.
    """
    if name == OFFICIAL and official is None:
        raise InputError(
            f"suite {suite!r} has no official protocol, because it is of no benchmark that has one: "
            "leave --protocol out, or name another"
        )
    return get((official if name == OFFICIAL else name) or default)


# Most replies of most models are one of a few: each is read once.
@lru_cache(maxsize=65536)
def read_response(
    protocol: str,
    text: str | None,
    stop: Stop,
    options: tuple[str, ...],
    answer_mode: AnswerMode = "text",
    question: str | None = None,
) -> Reading:
    """Read the answer in a response: the one reading that the journal and every score share.

    ``text`` and ``stop`` are what the model delivered, ``options`` stand in the order shown, ``question`` is what was
    asked about them, if it is known. Under the answer modes ``choice`` and ``logprobs`` only a letter alone is an
    answer.
    """
    response = Response.model_construct(text=text, stop=stop)
    return constrained_answer(get(protocol).read(response, options, question), response, answer_mode)


# Each reply is explained once, as it is read once.
@lru_cache(maxsize=65536)
def response_evidence(
    protocol: str,
    text: str | None,
    stop: Stop,
    options: tuple[str, ...],
    answer_mode: AnswerMode = "text",
    question: str | None = None,
) -> ReadingEvidence:
    """Why :func:`read_response` reads a response as it does, and where in its text; its arguments are the same."""
    response = Response.model_construct(text=text, stop=stop)
    reading = get(protocol).read(response, options, question)
    if constrained_answer(reading, response, answer_mode) != reading:
        return ReadingEvidence(ReadingReason.NOT_ALONE)
    return get(protocol).evidence(response, options, question)


__all__ = ["OFFICIAL", "PROTOCOLS", "Protocol", "get", "read_response", "resolve", "response_evidence"]
