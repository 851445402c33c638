"""Every check of an adapter, in the order they are made, and how a report comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from starbench.contract import behaviour, declarations, inputs, replies
from starbench.contract.adapter_under_test import ATTEMPTS, AdapterUnderTest
from starbench.contract.report import CheckResult, Finding, Report, failed, skipped
from starbench.engine.client import TIMEOUT
from starbench.errors import AdapterError, AudioError, FatalError, TransientError
from starbench.models.adapter import Adapter, Model
from starbench.models.call import BY_ACCIDENT, WrongReturnError
from starbench.models.resolve import as_model
from starbench.redact import address
from starbench.text import sentence

#: Seconds that one question may take.
TIMEOUT_S = 120.0
_GENERAL_FIX = "remove the cause that it names: an ordinary question must be answered"
_IN_BATCHES = "give an answer, or an AdapterError in its place, for each prompt"


@dataclass(frozen=True)
class Check:
    """One thing that must hold of every adapter: its name in reports, and what makes it."""

    name: str
    run: Callable[[AdapterUnderTest], Awaitable[CheckResult]]
    fix: str = ""
    """What to do about an error that a question of this check ended in; empty if the error says so."""
    batch_fix: str | None = None
    """The same for a model that is asked in batches."""
    needs_answers: bool = True
    """Whether it asks the model, and so has no sense where the first question failed."""
    needs_clips: bool = False
    """Whether it has no sense where the model takes no clip."""


#: In this order: what is declared, what is taken, how it behaves, what came back of it all, the end.
CHECKS = (
    Check("capabilities", declarations.capabilities, needs_answers=False),
    Check("attributes", declarations.attributes, needs_answers=False),
    Check("mono", inputs.mono, needs_clips=True),
    Check("text only", inputs.text_only, "declare Capabilities(text_only=False)"),
    Check(
        "no options",
        inputs.no_options,
        "expect prompts without options: captions and the canary are asked that way",
    ),
    Check(
        "stereo", inputs.stereo, "take samples of shape (n, 2), or declare max_channels=1", needs_clips=True
    ),
    Check("three clips", inputs.three_clips, "declare max_clips: prompts of more are then refused or joined"),
    Check(
        "48 kHz",
        inputs.suite_rate,
        "resample, or declare the rates it reads: Capabilities(rates=(16000,))",
        needs_clips=True,
    ),
    Check("silence", inputs.silence, "expect clips of zeros: never divide by the level", needs_clips=True),
    Check(
        "long clip", inputs.long_clip, "declare max_seconds: longer clips are then refused", needs_clips=True
    ),
    Check("unicode", inputs.unicode, "encode texts as UTF-8, and treat none as a format or as mark-up"),
    Check("choice", replies.choice, "declare only the answer modes that it knows"),
    Check("logprobs", replies.logprobs, replies.LOGPROBS_FIX),
    Check("again", behaviour.again),
    Check(
        "concurrency", behaviour.concurrency, "guard what calls share, or declare max_in_flight", _IN_BATCHES
    ),
    Check("batches", behaviour.batches, _IN_BATCHES),
    Check("cancel", behaviour.cancel, "leave nothing half done: free in finally what a call holds"),
    Check("event loop", behaviour.event_loop),
    Check("unreadable clip", behaviour.unreadable_clip, needs_clips=True),
    Check("clips untouched", behaviour.clips_untouched),
    Check("usage", replies.usage),
    Check("outcomes", replies.outcomes),
    Check("texts", replies.texts),
    Check("secrets", replies.secrets),
    Check("close", behaviour.close, needs_answers=False),
)


def check(adapter: Adapter | Model, *, timeout_s: float = TIMEOUT_S) -> Report:
    """Try an adapter against the contract, with real questions (some 40) to its model, and close it.

    ``adapter`` is your adapter, made; or what :func:`starbench.models.resolve` returns. One question may
    take ``timeout_s`` seconds. ``assert report.ok, str(report)`` says what failed.
    An InputError says that it cannot be asked at all: there is no ``generate(prompt)``, or its own ``check()``
    objects.
    """
    return asyncio.run(check_async(adapter, timeout_s=timeout_s))


async def check_async(
    adapter: Adapter | Model,
    *,
    timeout_s: float = TIMEOUT_S,
    on_finding: Callable[[Finding], None] = lambda _: None,
) -> Report:
    """As :func:`check`, in an event loop that runs already; ``on_finding`` is called with each at once."""
    model = adapter if isinstance(adapter, Model) else as_model(adapter, type(adapter).__name__)
    findings: list[Finding] = []
    try:
        await model.check()
        tested = AdapterUnderTest(model, timeout_s)  # only now: check() may have learnt what it can take
        async for finding in _findings(tested):
            findings.append(finding)
            on_finding(finding)
    finally:
        if len(findings) < len(CHECKS):  # the last of them closes it
            await model.close()
    return Report(model=model.spec, requests=tested.requests, findings=tuple(findings))


async def _findings(adapter: AdapterUnderTest) -> AsyncIterator[Finding]:
    is_answering, stop = False, None
    for one in CHECKS:
        fatal = None
        is_tried = not (stop and one.needs_answers)
        try:
            if not is_tried:
                result = skipped(f"not tried: {stop}")
            elif one.needs_clips and adapter.capabilities.max_clips == 0:
                result = skipped("declares max_clips=0: no clip is sent")
            else:
                result = await one.run(adapter)
        except (AdapterError, AudioError) as error:
            fatal = error if isinstance(error, FatalError) else None
            result = failed(_message(error, adapter), _fix(error, one, adapter))
        if one.needs_answers:
            if fatal or (result.verdict == "fail" and not is_answering):
                stop = "no further question can succeed" if fatal else "the first question failed"
            is_answering = is_answering or result.verdict == "pass"
        message = sentence(result.message)
        yield Finding(
            check=one.name, verdict=result.verdict, message=message, fix=result.fix, is_tried=is_tried
        )


def _message(error: AdapterError | AudioError, adapter: AdapterUnderTest) -> str:
    """What went wrong; of a connection that failed, with the address that was tried."""
    server = address(adapter.model.server or "")
    failed_to_connect = isinstance(error, AdapterError) and error.kind == "connection"
    return f"{server}: {error}" if failed_to_connect and server not in str(error) else str(error)


def _fix(error: AdapterError | AudioError, one: Check, adapter: AdapterUnderTest) -> str:
    if isinstance(error, WrongReturnError):
        return error.fix
    if isinstance(error, FatalError):
        return "remove the cause that it names; nothing was asked after it"
    if isinstance(error, TransientError):
        if error.kind == TIMEOUT:
            return "find out what it waits for; a model that is only slow needs --timeout"
        return f"it failed {ATTEMPTS} times: try again when the server works"
    if adapter.uses_batches and one.batch_fix:
        return one.batch_fix
    by_accident = isinstance(error, AdapterError) and error.kind == BY_ACCIDENT
    return one.fix or ("correct the line named" if by_accident else _GENERAL_FIX)
