"""How an adapter behaves: asked again, with others, cancelled, with a clip it cannot read, at the end."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from time import monotonic

from starbench.contract.adapter_under_test import (
    MOST_TOGETHER,
    AdapterUnderTest,
    AnswerComparison,
    comparable_text,
    compare_answers,
)
from starbench.contract.prompts import SIX_OPTIONS, samples_digest
from starbench.contract.report import CheckResult, failed, passed, skipped
from starbench.engine.client import TIMEOUT
from starbench.errors import AdapterError, AudioError, FatalError, PluginError
from starbench.schema import Prompt, Response
from starbench.text import sentence

#: How often one question is put before its answers count as always the same.
REPEATS = 5
#: How long a call that was cancelled may take to end, s.
GRACE_S = 5.0
#: How often the event loop should come round, s; and how long a standstill must last to be noticed, s.
BEAT_S, STANDSTILL_S = 0.01, 0.1
#: How often it must be seen to stand still: a busy machine can do that once.
LOOP_ROUNDS = 3
_IN_ORDER = "answer in the order of the prompts"


async def again(adapter: AdapterUnderTest) -> CheckResult:
    """The same question gets the same answer, whatever was asked in between; a model that samples may vary."""
    question, other = _questions(adapter, 2)
    replies = [await adapter.ask(question)]

    async def alone(_: Prompt) -> Response:
        replies.append(await adapter.ask(question))
        return replies[-1]

    async def after_another(_: Sequence[Prompt]) -> list[Response]:
        await adapter.ask(other)
        return [await alone(question)]

    comparison = await compare_answers([question], alone, after_another)
    fix = "keep nothing between calls: answer from the prompt that is given"
    if comparison.difference:
        usual, after = map(_quoted, comparison.difference)
        return failed(
            f"a question was answered with {after} after another one, else with {usual}{adapter.where}", fix
        )
    while len(replies) < REPEATS:
        await alone(question)
    counts = [reply.usage.input_tokens or 0 if reply.usage else 0 for reply in replies]
    if all(before < now for before, now in pairwise(counts)):
        return failed(f"the same question took {', '.join(map(str, counts))} tokens{adapter.where}", fix)
    adapter.is_sampling = len({comparable_text(reply) for reply in replies}) > 1
    if adapter.is_sampling:
        return passed(f"answers vary in {len(replies)} times: the model samples")
    return passed(f"the same answer {len(replies)} times")


async def concurrency(adapter: AdapterUnderTest) -> CheckResult:
    """As many questions as may be under way at a time are each answered, and as they are alone."""
    n = min(adapter.capabilities.max_in_flight or MOST_TOGETHER, MOST_TOGETHER)
    if n == 1:
        return skipped("declares max_in_flight=1")
    comparison = await compare_answers(_questions(adapter, n), adapter.ask, adapter.ask_together)
    local = "keep what belongs to a call in local variables, or declare max_in_flight=1"
    fix = _IN_ORDER if adapter.uses_batches else local
    result = passed(f"{n} at a time{_unproven(adapter, comparison)}")
    return _as_alone(adapter, comparison, f"{n} questions at a time", "alone", fix) or result


async def batches(adapter: AdapterUnderTest) -> CheckResult:
    """Questions of different lengths get in a batch the answers that they get alone, in their order."""
    if not adapter.uses_batches:
        return skipped("no batches: max_batch is not declared")
    n = min(adapter.capabilities.max_batch or 1, MOST_TOGETHER)
    alone = partial(adapter.ask, alone=True)
    comparison = await compare_answers(_questions(adapter, n), alone, adapter.ask_together)
    fix = (
        f"{_IN_ORDER}; mask what is padded, and pad on the left (in half precision a batch may differ "
        "by rounding)"
    )
    result = passed(f"a batch of {n}{_unproven(adapter, comparison) or ' answers as one at a time does'}")
    return _as_alone(adapter, comparison, f"a batch of {n}", "by generate()", fix) or result


def _as_alone(
    adapter: AdapterUnderTest, comparison: AnswerComparison, together: str, alone: str, fix: str
) -> CheckResult | None:
    """A failure if a question is answered differently among others, and the model does not sample."""
    if comparison.difference is None or adapter.is_sampling:
        return None
    by_itself, among_others = map(_quoted, comparison.difference)
    return failed(
        f"one of {together} was answered with {among_others}, {alone} with {by_itself}{adapter.where}", fix
    )


def _unproven(adapter: AdapterUnderTest, comparison: AnswerComparison) -> str:
    """Why answers that went to the wrong questions would not show, if that is so."""
    if adapter.is_sampling:
        return " (the model samples, so a mix-up would not show: check with sampling switched off)"
    if len(set(comparison.together)) == 1:
        return " (all answers are alike, so a mix-up would not show)"
    if comparison.hides_mix_ups:
        return " (the answers read the same backwards, so a mix-up would not show)"
    return ""


async def cancel(adapter: AdapterUnderTest) -> CheckResult:
    """A call that is cancelled ends at once, and the next one is answered."""
    in_thread = not inspect.iscoroutinefunction(adapter.method)
    if in_thread and adapter.capabilities.max_in_flight == 1:
        return skipped(
            "a plain function that takes one call at a time: a cancelled call runs on in its thread"
        )
    question = adapter.prompts.ordinary()
    started = monotonic()
    await adapter.ask(question)
    for delay in (0.0, (monotonic() - started) / 2):
        call = asyncio.create_task(adapter.ask(question))
        await asyncio.sleep(delay)
        if call.done():  # answered too fast to be cancelled
            await call
            continue
        call.cancel()
        await asyncio.wait((call,), timeout=GRACE_S)
        if not call.cancelled():
            end = "continued" if call.done() else f"still ran after {GRACE_S:g} s"
            return failed(
                f"a call {end} when it was cancelled{adapter.where}",
                "let asyncio.CancelledError pass: catch Exception or less, and clean up in finally",
            )
    await adapter.ask(question)
    rest = "; the cancelled call runs on in its thread" if in_thread else ""
    return passed(f"keeps answering{rest}")


async def event_loop(adapter: AdapterUnderTest) -> CheckResult:
    """While an async call waits or works, the event loop keeps running: time-outs and interrupts need it."""
    if not inspect.iscoroutinefunction(adapter.method):
        return skipped("a plain function: it is called in a thread of its own")
    question, standstill_s = adapter.prompts.ordinary(), 0.0
    for _ in range(LOOP_ROUNDS):
        standstill_s = await _standstill_s(adapter, question)
        if standstill_s < STANDSTILL_S:
            return passed("the event loop keeps running during a call")
    return failed(
        f"the event loop stood still for {standstill_s:.1f} s of a call{adapter.where}",
        "make it a plain def (it is then called in threads), or await asyncio.to_thread(…) for what is slow",
    )


async def _standstill_s(adapter: AdapterUnderTest, question: Prompt) -> float:
    """How long one call took if the event loop stood still for most of it, s; else 0."""
    beats, started = 0, monotonic()

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(BEAT_S)
            beats += 1

    beating = asyncio.create_task(beat())
    try:
        await adapter.ask(question)
    finally:
        beating.cancel()
    seconds = monotonic() - started
    return seconds if beats < seconds / BEAT_S / 10 else 0.0


async def unreadable_clip(adapter: AdapterUnderTest) -> CheckResult:
    """A clip that cannot be read is an error and never an answer."""
    opened: list[str] = []
    try:
        reply = await adapter.ask(adapter.prompts.unreadable(opened))
    except AudioError:
        return passed("the AudioError passes")
    except AdapterError as error:
        if isinstance(error, FatalError) or error.kind == TIMEOUT:
            raise
        return passed(f"becomes an error of kind {error.kind}")
    if not opened:
        return skipped("answers without opening the clip")
    return failed(
        f"a clip that could not be read was answered with {_quoted(comparable_text(reply))}{adapter.where}",
        "catch the exceptions of your own client or model alone, so that starbench.errors.AudioError passes",
    )


async def clips_untouched(adapter: AdapterUnderTest) -> CheckResult:
    """The samples of every clip are what they were: other questions share them."""
    changed = [audio for audio, before in adapter.prompts.clips if samples_digest(audio) != before]
    if changed:
        return failed(
            f"{len(changed)} of {len(adapter.prompts.clips)} clips were changed in place{adapter.where}",
            "work on a copy: samples = clip.audio().samples.copy()",
        )
    return passed(f"{len(adapter.prompts.clips)} clips as they were")


async def close(adapter: AdapterUnderTest) -> CheckResult:
    """``close()`` can be called, and called again."""
    method = getattr(adapter.plugin, "close", None)
    if method is None:
        return skipped("has no close()")
    for again in ("", " a second time"):
        try:
            await adapter.model.close(adapter.timeout_s)
        except PluginError as error:
            fix = "close what is open, and nothing twice; wait for nothing without a limit"
            return failed(f"{error}{again}", fix)
    return passed("twice")


def _questions(adapter: AdapterUnderTest, n: int) -> list[Prompt]:
    """Questions that differ in words, sound, length and level, so that their answers differ."""
    longest_s = min(1.0, 0.9 * (adapter.capabilities.max_seconds or 1.0))
    questions = []
    for i in range(n):
        text = f"Question {i + 1}: which of these is heard?"
        tone = adapter.prompts.tone((300.0 + 70 * i,), longest_s * (1 - i / (2 * n)), amplitude=0.4 / (i + 1))
        clips = [] if adapter.capabilities.max_clips == 0 else [tone]
        questions.append(adapter.prompts.question(text, clips, SIX_OPTIONS[i:] + SIX_OPTIONS[:i]))
    return questions


def _quoted(text: str) -> str:
    return repr(sentence(text)[:60])
