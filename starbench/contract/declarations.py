"""What an adapter says of itself: checked without asking the model anything."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from starbench.contract.adapter_under_test import AdapterUnderTest
from starbench.contract.report import CheckResult, failed, passed
from starbench.plugins.source_location import at, line_of
from starbench.redact import address
from starbench.schema import Capabilities, Outcome, Prices


async def capabilities(adapter: AdapterUnderTest) -> CheckResult:
    """What is declared is possible, and has the effect that was meant."""
    declared = adapter.capabilities
    for message, fix in _contradictions(declared, has_batch=hasattr(adapter.plugin, "generate_batch")):
        return failed(f"{message}{at(line_of(type(adapter.plugin)))}", fix)
    limits = declared.model_dump(exclude_defaults=True, exclude={"outcomes", "error_kinds"})
    listed = ", ".join(f"{name}={value}" for name, value in limits.items())
    return passed(f"declares {listed}" if listed else "declares no limit")


def _contradictions(declared: Capabilities, *, has_batch: bool) -> Iterator[tuple[str, str]]:
    batch, in_flight = declared.max_batch or 1, declared.max_in_flight
    if "wav" not in declared.formats:
        yield "does not read WAV, and that is what is sent", 'add "wav" to formats, and decode it'
    if not declared.text_only and declared.max_clips == 0:
        yield "takes neither sound nor text alone: no prompt is left", "declare text_only=True, or max_clips"
    if not declared.answer_modes:
        yield "declares no answer mode", 'declare answer_modes=("text",)'
    if declared.rates is not None and not all(rate > 0 for rate in declared.rates or (0,)):
        yield f"reads rates {declared.rates} Hz, which no clip has", "declare rates above 0, or None"
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


async def attributes(adapter: AdapterUnderTest) -> CheckResult:
    """The optional attributes and methods have the types that the core expects."""
    plugin = adapter.plugin
    prices, server = getattr(plugin, "prices", None), getattr(plugin, "server", None)
    where = at(line_of(type(plugin)))
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
        method = getattr(plugin, name, None)
        if method is not None and not _takes_nothing(method):
            return failed(f"{name} is not called without arguments{at(line_of(method))}", f"def {name}(self)")
    names = [n for n in ("server", "prices", "check", "close", "generate_batch") if hasattr(plugin, n)]
    return passed(f"has {', '.join(names)}" if names else "has generate alone, which is enough")


def _takes_nothing(method: object) -> bool:
    try:
        inspect.signature(method).bind()  # type: ignore[arg-type]
    except TypeError:  # also where it is not callable
        return False
    except ValueError:  # written in C
        pass
    return True
