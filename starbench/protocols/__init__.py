"""Protocols, a file each: how a trial is laid out and how its answer is read."""

from __future__ import annotations

from functools import lru_cache

from starbench.errors import InputError
from starbench.protocols.base import Protocol
from starbench.protocols.star_bench import StarBench
from starbench.protocols.starbench import Starbench
from starbench.reading.constrained import constrained_answer
from starbench.reading.evidence import ReadingEvidence, ReadingReason
from starbench.schema import AnswerMode, Reading, Response, Stop

PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in (StarBench(), Starbench())}


def get(name: str) -> Protocol:
    """The protocol called ``name``; raises :class:`InputError` if there is none."""
    if name not in PROTOCOLS:
        raise InputError(f"no protocol is called {name!r}: there are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


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


__all__ = ["PROTOCOLS", "Protocol", "get", "read_response", "response_evidence"]
