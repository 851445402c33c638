"""How an adapter behaves: again, among others, given up, with a clip that cannot be read, at the end."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from itertools import pairwise
from time import monotonic

from starbench.contract.probes import SEVERAL, sound_of
from starbench.contract.report import Judgement, failed, passed, skipped
from starbench.contract.subject import TOGETHER, Comparison, Subject, compared, essence
from starbench.engine.client import TIMEOUT
from starbench.errors import AdapterError, AudioError, FatalError, PluginError
from starbench.plugins.source_location import at, line_of
from starbench.schema import Prompt, Response
from starbench.text import sentence

#: Questions that are put at a time, at most; there are as many options to turn.
#: How often one question is put before its answers are held to be always the same.
REPEATS = 5
#: How long a call that was given up may take to end, s.
GRACE_S = 5.0
#: Every so often the event loop should come round, s; and how long a standstill is noticed, s.
BEAT_S, STANDSTILL_S = 0.01, 0.1
#: How often it must be seen to stand still: a busy machine can do that once.
ROUNDS_AWAKE = 3


_IN_ORDER = "answer in the order of the prompts"


async def again(subject: Subject) -> Judgement:
    """The same question gets the same answer, whatever was asked between; a model that samples may vary."""
    question, other = _questions(subject, 2)
    replies = [await subject.ask(question)]

    async def alone(_: Prompt) -> Response:
        replies.append(await subject.ask(question))
        return replies[-1]

    async def after_another(_: Sequence[Prompt]) -> list[Response]:
        await subject.ask(other)
        return [await alone(question)]

    found = await compared([question], alone, after_another)
    where = at(line_of(subject.method))
    fix = "keep nothing between calls: answer from the prompt that is given"
    if found.differing:
        said, after = map(_quoted, found.differing)
        return failed(f"a question was answered with {after} after another, else with {said}{where}", fix)
    while len(replies) < REPEATS:
        await alone(question)
    counts = [reply.usage.input_tokens or 0 if reply.usage else 0 for reply in replies]
    if all(before < now for before, now in pairwise(counts)):
        return failed(f"the same question took {', '.join(map(str, counts))} tokens{where}", fix)
    subject.samples = len({essence(reply) for reply in replies}) > 1
    if subject.samples:
        return passed(f"answers vary in {len(replies)} times: the model samples")
    return passed(f"the same answer {len(replies)} times")


async def concurrency(subject: Subject) -> Judgement:
    """As many questions as may be under way at a time are each answered, and as they are alone."""
    n = min(subject.model.capabilities.max_in_flight or TOGETHER, TOGETHER)
    if n == 1:
        return skipped("declares max_in_flight=1")
    found = await compared(_questions(subject, n), subject.ask, subject.ask_together)
    if found.differing and not subject.samples:
        said, together = map(_quoted, found.differing)
        return failed(
            f"one of {n} questions at a time was answered with {together}, alone with {said}"
            f"{at(line_of(subject.method))}",
            _IN_ORDER
            if subject.uses_batches
            else "keep what belongs to a call in local variables, or declare max_in_flight=1",
        )
    return passed(f"{n} at a time{_unproven(subject, found)}")


async def batches(subject: Subject) -> Judgement:
    """Questions of different lengths get in a batch the answers that they get alone, in their order."""
    if not subject.uses_batches:
        return skipped("no batches: max_batch is not declared")
    n = min(subject.model.capabilities.max_batch or 1, TOGETHER)

    async def alone(prompt: Prompt) -> Response:
        return await subject.ask(prompt, alone=True)

    found = await compared(_questions(subject, n), alone, subject.ask_together)
    if found.differing and not subject.samples:
        said, together = map(_quoted, found.differing)
        return failed(
            f"one of a batch of {n} was answered with {together}, by generate() with {said}"
            f"{at(line_of(subject.method))}",
            f"{_IN_ORDER}; mask what is padded, and pad on the left (in half precision a batch may differ "
            "by rounding)",
        )
    unproven = _unproven(subject, found)
    return passed(f"a batch of {n}{unproven or ' answers as one at a time does'}")


def _unproven(subject: Subject, found: Comparison) -> str:
    """Why answers that went to the wrong questions would not show, if that is so."""
    if subject.samples:
        return " (the model samples, so a mix-up would not show: check with sampling switched off)"
    if len(set(found.together)) == 1:
        return " (all answers are alike, so a mix-up would not show)"
    if found.is_blind:
        return " (the answers read the same backwards, so a mix-up would not show)"
    return ""


async def cancelling(subject: Subject) -> Judgement:
    """A call that is given up ends at once, and the next one is answered."""
    in_thread = not inspect.iscoroutinefunction(subject.method)
    if in_thread and subject.model.capabilities.max_in_flight == 1:
        return skipped(
            "a plain function that bears one call at a time: what is given up runs on in its thread"
        )
    question = subject.probes.ordinary()
    started = monotonic()
    await subject.ask(question)
    for delay in (0.0, (monotonic() - started) / 2):
        asking = asyncio.create_task(subject.ask(question))
        await asyncio.sleep(delay)
        if asking.done():  # answered too fast to be cancelled
            await asking
            continue
        asking.cancel()
        await asyncio.wait((asking,), timeout=GRACE_S)
        if not asking.cancelled():
            ended = "went on" if asking.done() else f"still runs after {GRACE_S:g} s"
            return failed(
                f"a call {ended} when it was cancelled{at(line_of(subject.method))}",
                "let asyncio.CancelledError pass: catch Exception or less, and clean up in finally",
            )
    await subject.ask(question)
    return passed(
        "answers on, the call that was given up goes on in its thread" if in_thread else "answers on"
    )


async def awake(subject: Subject) -> Judgement:
    """While an async call waits or works, the event loop goes round: time-outs and interrupts live there."""
    if not inspect.iscoroutinefunction(subject.method):
        return skipped("a plain function: it is called in a thread of its own")
    question, stood = subject.probes.ordinary(), 0.0
    for _ in range(ROUNDS_AWAKE):
        stood = await _standstill(subject, question)
        if stood < STANDSTILL_S:
            return passed("the event loop goes round during a call")
    return failed(
        f"the event loop stood still for {stood:.1f} s of a call{at(line_of(subject.method))}",
        "make it a plain def (it is then called in threads), or await asyncio.to_thread(…) for what is slow",
    )


async def _standstill(subject: Subject, question: Prompt) -> float:
    """How long one call took if the event loop stood still for most of it, s; else 0."""
    beats, started = 0, monotonic()

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(BEAT_S)
            beats += 1

    heart = asyncio.create_task(beat())
    try:
        await subject.ask(question)
    finally:
        heart.cancel()
    took = monotonic() - started
    return took if beats < took / BEAT_S / 10 else 0.0


async def unreadable_clip(subject: Subject) -> Judgement:
    """A clip that cannot be read is an error and never an answer."""
    if subject.model.capabilities.max_clips == 0:
        return skipped("declares max_clips=0: no clip is sent")
    opened: list[str] = []
    try:
        reply = await subject.ask(subject.probes.unreadable(opened))
    except AudioError:
        return passed("the AudioError passes")
    except AdapterError as error:
        if isinstance(error, FatalError) or error.kind == TIMEOUT:
            raise
        return passed(f"becomes an error of kind {error.kind}")
    if not opened:
        return skipped("answers without opening the clip")
    return failed(
        f"a clip that could not be read was answered with {_quoted(essence(reply))}"
        f"{at(line_of(subject.method))}",
        "catch the exceptions of your own client or model alone, so that starbench.errors.AudioError passes",
    )


async def clips_untouched(subject: Subject) -> Judgement:
    """The samples of every clip are what they were: other questions share them."""
    changed = [audio for audio, before in subject.probes.used if sound_of(audio) != before]
    if changed:
        return failed(
            f"{len(changed)} of {len(subject.probes.used)} clips were changed in place"
            f"{at(line_of(subject.method))}",
            "work on a copy: samples = clip.audio().samples.copy()",
        )
    return passed(f"{len(subject.probes.used)} clips as they were")


async def closing(subject: Subject) -> Judgement:
    """``close()`` can be called, and called again."""
    close = getattr(subject.adapter, "close", None)
    if close is None:
        return skipped("has no close()")
    for time in ("", " a second time"):
        try:
            async with asyncio.timeout(subject.timeout_s):
                await subject.model.close()
        except TimeoutError:
            return failed(
                f"close(){time} did not end{at(line_of(close))}", "wait for nothing without a limit"
            )
        except PluginError as error:
            return failed(f"{error}{time}", "close what is open, and nothing twice")
    return passed("twice")


def _questions(subject: Subject, n: int) -> list[Prompt]:
    """Questions that differ in words, sound, length and level, so that answers can be told apart."""
    declared = subject.model.capabilities
    longest = min(1.0, 0.9 * (declared.max_seconds or 1.0))
    questions = []
    for i in range(n):
        asked = f"Question {i + 1}: which of these is heard?"
        tone = subject.probes.tone(
            (300.0 + 70 * i,), seconds=longest * (1 - i / (2 * n)), amplitude=0.4 / (i + 1)
        )
        clips = [] if declared.max_clips == 0 else [tone]
        questions.append(subject.probes.question(asked, clips, SEVERAL[i:] + SEVERAL[:i]))
    return questions


def _quoted(said: str) -> str:
    return repr(sentence(said)[:60])
