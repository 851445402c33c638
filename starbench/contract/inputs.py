"""What an adapter is given: each kind of prompt that a run may send, within what it declares."""

from __future__ import annotations

from starbench.contract.probes import QUESTION, SUITE_HZ, UNICODE
from starbench.contract.report import Judgement, failed, passed, skipped
from starbench.contract.subject import Subject
from starbench.plugins.source_location import at, line_of
from starbench.schema import Prompt, Response
from starbench.text import printable

#: Length of the long clip where no limit is declared, and the most where one is, s.
LONG_S, LONGEST_S = 40.0, 60.0
_TAKES_NO_CLIP = "declares max_clips=0: no clip is sent"


async def mono(subject: Subject) -> Judgement:
    """An ordinary question about a clip of one channel gets an answer."""
    if subject.model.capabilities.max_clips == 0:
        return skipped(_TAKES_NO_CLIP)
    return await _answered(subject, subject.probes.ordinary())


async def text_only(subject: Subject) -> Judgement:
    """A question without any clip gets an answer."""
    if not subject.model.capabilities.text_only:
        return skipped("declares text_only=False: every prompt has a clip")
    return await _answered(subject, subject.probes.question(QUESTION, []))


async def _answered(subject: Subject, prompt: Prompt) -> Judgement:
    reply = await subject.ask(prompt)
    if reply.stop == "end" and not (reply.text or "").strip():
        return failed(
            f"a plain question was answered with nothing: {reply.text!r}{at(line_of(subject.method))}",
            "return what the model said; if it said nothing or failed, raise an error of starbench.errors",
        )
    return passed(_told(reply))


async def no_options(subject: Subject) -> Judgement:
    """A prompt that is no question (a caption, the canary) gets a reply."""
    clips = [] if subject.model.capabilities.max_clips == 0 else [subject.probes.tone()]
    if not clips and not subject.model.capabilities.text_only:
        return skipped("takes no prompt at all")
    return passed(_told(await subject.ask(subject.probes.question("Describe it in a sentence.", clips, ()))))


async def stereo(subject: Subject) -> Judgement:
    """A clip of two different channels is taken."""
    declared = subject.model.capabilities
    if declared.max_clips == 0:
        return skipped(_TAKES_NO_CLIP)
    if declared.max_channels == 1:
        return skipped("declares max_channels=1: clips of two are refused, split or folded before")
    return passed(_told(await subject.ask(_about(subject, hz=(440.0, 660.0)))))


async def three_clips(subject: Subject) -> Judgement:
    """A prompt of three clips is taken."""
    most = subject.model.capabilities.max_clips
    if most is not None and most < 3:
        return skipped(f"declares max_clips={most}")
    clips = [subject.probes.tone((hz,)) for hz in (330.0, 440.0, 550.0)]
    return passed(_told(await subject.ask(subject.probes.question(QUESTION, clips))))


async def suite_rate(subject: Subject) -> Judgement:
    """A clip at the rate of our own suites is taken."""
    declared = subject.model.capabilities
    if declared.max_clips == 0:
        return skipped(_TAKES_NO_CLIP)
    if declared.rates is not None and SUITE_HZ not in declared.rates:
        return skipped(f"declares rates={declared.rates}: clips are resampled before")
    return passed(_told(await subject.ask(_about(subject, rate=SUITE_HZ))))


async def silence(subject: Subject) -> Judgement:
    """A clip of nothing but zeros is taken."""
    if subject.model.capabilities.max_clips == 0:
        return skipped(_TAKES_NO_CLIP)
    return passed(_told(await subject.ask(_about(subject, amplitude=0.0))))


async def long_clip(subject: Subject) -> Judgement:
    """A clip just under the declared length is taken."""
    declared = subject.model.capabilities
    if declared.max_clips == 0:
        return skipped(_TAKES_NO_CLIP)
    seconds = LONG_S if declared.max_seconds is None else min(0.99 * declared.max_seconds, LONGEST_S)
    reply = await subject.ask(_about(subject, seconds=seconds))
    return passed(f"{seconds:g} s: {_told(reply)}")


async def unicode(subject: Subject) -> Judgement:
    """Any script, emoji and mark-up in question and options is taken as text."""
    clips = [] if subject.model.capabilities.max_clips == 0 else [subject.probes.tone()]
    prompt = subject.probes.question(f"{QUESTION} {UNICODE}", clips, (UNICODE, "無"))
    return passed(_told(await subject.ask(prompt)))


def _about(subject: Subject, **sound: object) -> Prompt:
    return subject.probes.question(QUESTION, [subject.probes.tone(**sound)])  # type: ignore[arg-type]


def _told(reply: Response) -> str:
    """An answer in a few words; what a model says is shown as text, never obeyed by a terminal."""
    if reply.text is None:
        return f"no text ({reply.stop})"
    text = printable(reply.text)
    said = f"“{text[:37]}…”" if len(text) > 40 else f"“{text}”"
    return said if reply.stop == "end" else f"{said} ({reply.stop})"
