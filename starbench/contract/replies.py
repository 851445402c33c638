"""What an adapter gives back: letters in the modes it declares, usage that adds up, no secret."""

from __future__ import annotations

import re

from starbench.contract.adapter_under_test import AdapterUnderTest
from starbench.contract.prompts import OPTIONS
from starbench.contract.report import CheckResult, failed, passed, skipped
from starbench.engine.client import TIMEOUT
from starbench.errors import FatalError, RequestError
from starbench.models.call import BY_ACCIDENT
from starbench.redact import redact
from starbench.schema import AnswerMode, Outcome, Response
from starbench.text import sentence

LOGPROBS_FIX = (
    "fill Response.letter_logprobs with natural logarithms, without letters that are impossible, and text with "
    "the best as <X>"
)
#: Kinds of errors that the core makes of what an adapter does.
_OF_THE_CORE = {BY_ACCIDENT, TIMEOUT}
#: Those of an ordinary question.
_LETTERS = tuple("ABCDEF"[: len(OPTIONS)])
_HALF = re.compile("[\ud800-\udfff]")
_LETTER = re.compile(r"\W{0,3}([A-Z])\W{0,3}")
_OUTCOME = {"length": Outcome.TRUNCATED, "blocked": Outcome.BLOCKED, "refused": Outcome.REFUSED}


async def choice(adapter: AdapterUnderTest) -> CheckResult:
    """Under answer mode ``choice`` the reply is a letter of the options, and nothing else."""
    reply = await _reply_in_mode(adapter, "choice")
    if isinstance(reply, CheckResult):
        return reply
    if _letter(reply) not in _LETTERS:
        return failed(
            f"the reply is {sentence(repr(reply.text))} and not one of {', '.join(_LETTERS)}{adapter.where}",
            "constrain decoding to the options' letters, or do not declare the mode",
        )
    return passed(f"chose {_letter(reply)}")


async def logprobs(adapter: AdapterUnderTest) -> CheckResult:
    """Under ``logprobs`` every letter has the logarithm of its probability, and the text is the best."""
    reply = await _reply_in_mode(adapter, "logprobs")
    if isinstance(reply, CheckResult):
        return reply
    if wrong := _wrong_logprobs(reply):
        return failed(
            f"{wrong}{adapter.where}",
            LOGPROBS_FIX,
        )
    return passed(", ".join(f"{letter} {p:.2f}" for letter, p in (reply.letter_logprobs or {}).items()))


def _wrong_logprobs(reply: Response) -> str | None:
    by_letter = reply.letter_logprobs
    if not by_letter:
        return "the reply has no letter_logprobs"
    if strangers := set(by_letter) - set(_LETTERS):
        return f"letter_logprobs names {', '.join(map(repr, sorted(strangers)))}, which is no option's letter"
    best = max(by_letter.values())
    if by_letter.get(_letter(reply)) != best:
        return f"the text is {sentence(repr(reply.text))} and not the most probable letter"
    return None


async def _reply_in_mode(adapter: AdapterUnderTest, mode: AnswerMode) -> Response | CheckResult:
    """The reply to a question in a mode; or that it is not declared, or that the server refuses it."""
    if mode not in adapter.capabilities.answer_modes:
        return skipped(f"answer mode {mode} is not declared")
    try:
        return await adapter.ask(adapter.prompts.ordinary(mode=mode))
    except (RequestError, FatalError) as error:
        if error.kind == BY_ACCIDENT:
            raise
        return skipped(f"declared, and refused here: {error}")


def _letter(reply: Response) -> str:
    """The letter that a reply is, whatever brackets or quotes it stands in."""
    match = _LETTER.fullmatch(reply.text or "")
    return match[1] if match else ""


async def usage(adapter: AdapterUnderTest) -> CheckResult:
    """Counts of tokens are not negative, and parts not more than their whole."""
    reports = [reply.usage for reply in adapter.replies if reply.usage is not None]
    if not reports:
        return skipped("no reply reports its tokens")
    for part, whole in (("reasoning_tokens", "output_tokens"), ("audio_tokens", "input_tokens")):
        for use in reports:
            fewer, more = getattr(use, part), getattr(use, whole)
            if min(fewer or 0, more or 0) < 0:
                return failed(f"{part}={fewer}, {whole}={more}", "report None where a count is not known")
            if fewer is not None and more is not None and fewer > more:
                return failed(f"{part}={fewer} is more than {whole}={more}", f"count them in {whole}, too")
    return passed(
        f"{len(reports)} replies report tokens, the last {reports[-1].model_dump(exclude_none=True)}"
    )


async def outcomes(adapter: AdapterUnderTest) -> CheckResult:
    """Nothing came back that the adapter does not declare."""
    declared = adapter.capabilities
    seen = {_OUTCOME[reply.stop] for reply in adapter.replies if reply.stop in _OUTCOME}
    kinds = {error.kind for error in adapter.errors}
    if undeclared := seen - set(declared.outcomes):
        return failed(
            f"replies were {', '.join(sorted(undeclared))}, which is not declared",
            "add it to Capabilities(outcomes=…)",
        )
    if declared.error_kinds and (unknown := kinds - _OF_THE_CORE - set(declared.error_kinds)):
        return failed(
            f"errors were of kind {', '.join(sorted(unknown))}, which is not declared",
            "add it to Capabilities(error_kinds=…)",
        )
    return passed(f"{len(adapter.replies)} replies, {len(adapter.errors)} errors, all as declared")


async def texts(adapter: AdapterUnderTest) -> CheckResult:
    """Every text can be written to a file: it holds no half of a character (a lone surrogate)."""
    halves = [text for text in _texts(adapter) if not text.isascii() and _HALF.search(text)]
    if halves:
        return failed(
            f"a text held half a character: {halves[0][:40]!a}{adapter.where}",
            'decode bytes with errors="replace", once all of them are there; a run records "?" in its place',
        )
    return passed("all can be written")


def _texts(adapter: AdapterUnderTest) -> list[str]:
    """What the adapter returned or raised as text."""
    return [str(error) for error in adapter.errors] + [
        text
        for reply in adapter.replies
        for text in (reply.text, reply.finish_reason, reply.served_model)
        if text
    ]


async def secrets(adapter: AdapterUnderTest) -> CheckResult:
    """No key of the environment stands in any reply or error."""
    everything = _texts(adapter)
    leaks = [text for text in everything if redact(text) != text]
    if leaks:
        return failed(
            f"{len(leaks)} of {len(everything)} texts held a key of the environment: {sentence(leaks[0])}",
            "keep keys out of messages and replies; starbench.redact.redact() blanks those of a library",
        )
    return passed(f"none in {len(everything)} texts")
