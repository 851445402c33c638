"""What an adapter says of itself: checked without asking the model anything."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from starbench.contract.report import Judgement, failed, passed
from starbench.contract.subject import Subject
from starbench.plugins.source_location import at, line_of
from starbench.redact import address
from starbench.schema import Capabilities, Outcome, Prices


async def capabilities(subject: Subject) -> Judgement:
    """What is declared can be, and leads to what was meant."""
    declared = subject.model.capabilities
    for message, fix in _contradictions(declared, has_batch=hasattr(subject.adapter, "generate_batch")):
        return failed(f"{message}{at(line_of(type(subject.adapter)))}", fix)
    limits = declared.model_dump(exclude_defaults=True, exclude={"outcomes", "error_kinds"})
    told = ", ".join(f"{name}={value}" for name, value in limits.items())
    return passed(f"declares {told}" if told else "declares no limit")


def _contradictions(declared: Capabilities, *, has_batch: bool) -> Iterator[tuple[str, str]]:
    batch, in_flight = declared.max_batch or 1, declared.max_in_flight
    if "wav" not in declared.formats:
        yield "does not read WAV, and that is what is sent", 'add "wav" to formats, and decode it'
    if not declared.text_only and declared.max_clips == 0:
        yield "takes neither sound nor text alone: no prompt is left", "declare text_only=True, or max_clips"
    if not declared.answer_modes:
        yield "knows no way of answering", 'declare answer_modes=("text",)'
    if declared.rates is not None and not all(rate > 0 for rate in declared.rates or (0,)):
        yield f"reads rates {declared.rates} Hz, which no clip has", "declare rates that are, or None"
    if declared.channels_kept and declared.max_channels == 1:
        yield "keeps the ears apart and takes one channel", "declare max_channels=2, or channels_kept=None"
    if has_batch and declared.max_batch is None:  # 1 is a choice, as for a batch size that is an argument
        yield (
            "has a generate_batch that is never used, for max_batch is not declared",
            "declare max_batch=N, the most prompts it takes at a time",
        )
    if in_flight is not None and in_flight < batch:
        yield (
            f"max_in_flight={in_flight} never fills batches of {batch}",
            f"declare max_in_flight={batch} or more, or leave it out: batches come one at a time anyway",
        )
    if not {Outcome.ANSWERED, Outcome.ERROR} <= set(declared.outcomes):
        yield "declares outcomes without answered or error", "name every outcome, or leave outcomes out"


async def attributes(subject: Subject) -> Judgement:
    """The optional attributes and methods are what the core takes them for."""
    adapter = subject.adapter
    prices, server = getattr(adapter, "prices", None), getattr(adapter, "server", None)
    where = at(line_of(type(adapter)))
    if prices is not None and not isinstance(prices, Prices):
        return failed(
            f"prices are a {type(prices).__name__}{where}", "make them a starbench.schema.Prices, or None"
        )
    if server is not None and not (isinstance(server, str) and address(server) == server.rstrip("/")):
        return failed(
            f"server holds more than an address{where}",
            "name scheme, host and path alone: server = starbench.redact.address(url)",
        )
    for name in ("check", "close"):
        method = getattr(adapter, name, None)
        if method is not None and not _takes_nothing(method):
            return failed(f"{name} is not called without arguments{at(line_of(method))}", f"def {name}(self)")
    there = [n for n in ("server", "prices", "check", "close", "generate_batch") if hasattr(adapter, n)]
    return passed(f"has {', '.join(there)}" if there else "has generate alone, which is enough")


def _takes_nothing(method: object) -> bool:
    if not callable(method):
        return False
    try:
        inspect.signature(method).bind()
    except TypeError:
        return False
    except ValueError:  # written in C
        return True
    return True
