"""Every check of an adapter, in the order they are made, and how a report comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from starbench.contract import conduct, declarations, inputs, replies
from starbench.contract.report import Finding, Judgement, Report, failed, skipped
from starbench.contract.subject import ATTEMPTS, Subject
from starbench.engine.client import TIMEOUT
from starbench.errors import AdapterError, AudioError, FatalError, TransientError
from starbench.models.adapter import Adapter, Model
from starbench.models.call import BY_ACCIDENT, WrongReturnError
from starbench.models.resolve import as_model
from starbench.redact import address
from starbench.text import sentence

#: Seconds that one question may take.
TIMEOUT_S = 120.0
_GENERAL_FIX = "mend what it says: an ordinary question must be answered"
_IN_BATCHES = "give an answer, or an AdapterError in its place, for each prompt"


@dataclass(frozen=True)
class Check:
    """One thing that must hold of every adapter.

    Attributes
    ----------
    name : str
        What it is called in reports.
    judge : callable
        Makes it; what an adapter raises there is a failure.
    fix : str
        What to do about an error that a question of this check ended in; empty if the error tells.
    fix_of_batches : str, optional
        The same for a model that is asked in batches.
    needs_answers : bool
        Whether it asks the model, and so has no sense where the first question failed.
    """

    name: str
    judge: Callable[[Subject], Awaitable[Judgement]]
    fix: str = ""
    fix_of_batches: str | None = None
    needs_answers: bool = True


#: In this order: what is said, what is taken, how it behaves, what came back of it all, the end.
CHECKS = (
    Check("capabilities", declarations.capabilities, needs_answers=False),
    Check("attributes", declarations.attributes, needs_answers=False),
    Check("mono", inputs.mono),
    Check("text only", inputs.text_only, "declare Capabilities(text_only=False)"),
    Check("no options", inputs.no_options, "expect prompts without options: captions and the canary ask so"),
    Check("stereo", inputs.stereo, "take samples of shape (n, 2), or declare max_channels=1"),
    Check("three clips", inputs.three_clips, "declare max_clips: prompts of more are then refused or joined"),
    Check(
        "48 kHz", inputs.suite_rate, "resample, or declare the rates it reads: Capabilities(rates=(16000,))"
    ),
    Check("silence", inputs.silence, "expect clips of zeros: divide by no level"),
    Check("long clip", inputs.long_clip, "declare max_seconds: longer clips are then refused"),
    Check("unicode", inputs.unicode, "encode texts as UTF-8, and treat none as a format or as mark-up"),
    Check("choice", replies.choice, "declare only the answer modes that it knows"),
    Check("logprobs", replies.logprobs, "declare only the answer modes that it knows"),
    Check("again", conduct.again),
    Check(
        "concurrency", conduct.concurrency, "guard what calls share, or declare max_in_flight", _IN_BATCHES
    ),
    Check("batches", conduct.batches, _IN_BATCHES),
    Check("cancel", conduct.cancelling, "leave nothing half done: free in finally what a call holds"),
    Check("event loop", conduct.awake),
    Check("unreadable clip", conduct.unreadable_clip),
    Check("clips untouched", conduct.clips_untouched),
    Check("usage", replies.usage),
    Check("outcomes", replies.outcomes),
    Check("secrets", replies.secrets),
    Check("close", conduct.closing, needs_answers=False),
)


def check(adapter: Adapter | Model, *, timeout_s: float = TIMEOUT_S) -> Report:
    """Try an adapter against the contract, with real questions (some 40) to its model, and close it.

    Parameters
    ----------
    adapter : Adapter or Model
        Your adapter, made; or what :func:`starbench.models.resolve` returns.
    timeout_s : float
        Seconds that one question may take.

    Returns
    -------
    Report
        ``report.ok``, ``report.findings``; ``assert report.ok, str(report)`` tells what failed.

    Raises
    ------
    InputError
        If it cannot be asked at all: there is no ``generate(prompt)``, or its own ``check()`` objects.
    """
    return asyncio.run(check_async(adapter, timeout_s=timeout_s))


async def check_async(
    adapter: Adapter | Model,
    *,
    timeout_s: float = TIMEOUT_S,
    on_finding: Callable[[Finding], None] = lambda _: None,
) -> Report:
    """As :func:`check`, in an event loop that runs already; ``on_finding`` is told of each as it is made."""
    model = adapter if isinstance(adapter, Model) else as_model(adapter, type(adapter).__name__)
    findings: list[Finding] = []
    try:
        await model.check()
        subject = Subject(model, timeout_s)  # only now, for what it can take may have been learnt there
        async for finding in _findings(subject):
            findings.append(finding)
            on_finding(finding)
    finally:
        if len(findings) < len(CHECKS):  # the last of them closes it
            await model.close()
    return Report(model=model.spec, requests=subject.requests, findings=tuple(findings))


async def _findings(subject: Subject) -> AsyncIterator[Finding]:
    answered, stop = False, None
    for one in CHECKS:
        fatal = None
        is_tried = not (stop and one.needs_answers)
        try:
            judged = await one.judge(subject) if is_tried else skipped(f"not tried: {stop}")
        except (AdapterError, AudioError) as error:
            fatal = error if isinstance(error, FatalError) else None
            judged = failed(_told(error, subject), _fix(error, one, subject))
        if one.needs_answers:
            if fatal or (judged.verdict == "fail" and not answered):
                stop = "no further question can succeed" if fatal else "the first question failed"
            answered = answered or judged.verdict == "pass"
        yield Finding(
            check=one.name,
            verdict=judged.verdict,
            message=sentence(judged.message),
            fix=judged.fix,
            is_tried=is_tried,
        )


def _told(error: AdapterError | AudioError, subject: Subject) -> str:
    """What went wrong; a connection that failed is told with the address that was tried."""
    server = address(subject.model.server or "")
    failed_to_connect = isinstance(error, AdapterError) and error.kind == "connection"
    return f"{server}: {error}" if failed_to_connect and server not in str(error) else str(error)


def _fix(error: AdapterError | AudioError, one: Check, subject: Subject) -> str:
    if isinstance(error, WrongReturnError):
        return error.fix
    if isinstance(error, FatalError):
        return "mend what it says; nothing was asked after it"
    if isinstance(error, TransientError) and error.kind != TIMEOUT:
        return f"it failed {ATTEMPTS} times: try again when the server is well"
    if isinstance(error, TransientError):
        return "find out what it waits for; a model that is only slow needs --timeout"
    if subject.uses_batches and one.fix_of_batches:
        return one.fix_of_batches
    by_accident = isinstance(error, AdapterError) and error.kind == BY_ACCIDENT
    return one.fix or ("mend the line named" if by_accident else _GENERAL_FIX)
