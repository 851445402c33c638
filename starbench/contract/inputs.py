"""What an adapter is given: each kind of prompt that a run may send, within what it declares."""

from __future__ import annotations

from starbench.contract.adapter_under_test import AdapterUnderTest
from starbench.contract.prompts import QUESTION, SUITE_HZ, UNICODE
from starbench.contract.report import CheckResult, failed, passed, skipped
from starbench.schema import Prompt, Response
from starbench.text import printable

#: Length of the long clip where no limit is declared, and the most where one is, s.
LONG_S, LONGEST_S = 40.0, 60.0


async def mono(adapter: AdapterUnderTest) -> CheckResult:
    """An ordinary question about a clip of one channel gets an answer."""
    return await _answered(adapter, adapter.prompts.ordinary())


async def text_only(adapter: AdapterUnderTest) -> CheckResult:
    """A question without any clip gets an answer."""
    if not adapter.capabilities.text_only:
        return skipped("declares text_only=False: every prompt has a clip")
    return await _answered(adapter, adapter.prompts.question(QUESTION, []))


async def _answered(adapter: AdapterUnderTest, prompt: Prompt) -> CheckResult:
    reply = await adapter.ask(prompt)
    if reply.stop == "end" and not (reply.text or "").strip():
        return failed(
            f"a plain question was answered with nothing: {reply.text!r}{adapter.where}",
            "return what the model said; if it said nothing or failed, raise an error of starbench.errors",
        )
    return passed(_summary(reply))


async def no_options(adapter: AdapterUnderTest) -> CheckResult:
    """A prompt that is not a question (a caption, the canary) gets a reply."""
    if adapter.capabilities.max_clips == 0 and not adapter.capabilities.text_only:
        return skipped("takes no prompt at all")
    return passed(_summary(await adapter.ask(adapter.prompts.ordinary("Describe it in a sentence.", ()))))


async def stereo(adapter: AdapterUnderTest) -> CheckResult:
    """A clip of two different channels is taken."""
    if adapter.capabilities.max_channels == 1:
        return skipped("declares max_channels=1: clips of two are refused, split or mixed to mono before")
    return passed(_summary(await adapter.ask(_about(adapter, hz=(440.0, 660.0)))))


async def three_clips(adapter: AdapterUnderTest) -> CheckResult:
    """A prompt of three clips is taken."""
    most = adapter.capabilities.max_clips
    if most is not None and most < 3:
        return skipped(f"declares max_clips={most}")
    clips = [adapter.prompts.tone((hz,)) for hz in (330.0, 440.0, 550.0)]
    return passed(_summary(await adapter.ask(adapter.prompts.question(QUESTION, clips))))


async def suite_rate(adapter: AdapterUnderTest) -> CheckResult:
    """A clip at the rate of our own suites is taken."""
    rates = adapter.capabilities.rates
    if rates is not None and SUITE_HZ not in rates:
        return skipped(f"declares rates={rates}: clips are resampled before")
    return passed(_summary(await adapter.ask(_about(adapter, rate=SUITE_HZ))))


async def silence(adapter: AdapterUnderTest) -> CheckResult:
    """A clip of nothing but zeros is taken."""
    return passed(_summary(await adapter.ask(_about(adapter, amplitude=0.0))))


async def long_clip(adapter: AdapterUnderTest) -> CheckResult:
    """A clip just under the declared length is taken."""
    longest_s = adapter.capabilities.max_seconds
    seconds = LONG_S if longest_s is None else min(0.99 * longest_s, LONGEST_S)
    reply = await adapter.ask(_about(adapter, seconds=seconds))
    return passed(f"{seconds:g} s: {_summary(reply)}")


async def unicode(adapter: AdapterUnderTest) -> CheckResult:
    """Any script, emoji and mark-up in question and options is taken as text."""
    prompt = adapter.prompts.ordinary(f"{QUESTION} {UNICODE}", (UNICODE, "無"))
    return passed(_summary(await adapter.ask(prompt)))


def _about(adapter: AdapterUnderTest, **sound: object) -> Prompt:
    return adapter.prompts.question(QUESTION, [adapter.prompts.tone(**sound)])  # type: ignore[arg-type]


def _summary(reply: Response) -> str:
    """An answer in a few words; what a model says is shown as text, never obeyed by a terminal."""
    if reply.text is None:
        return f"no text ({reply.stop})"
    text = printable(reply.text)
    quote = f"“{text[:37]}…”" if len(text) > 40 else f"“{text}”"
    return quote if reply.stop == "end" else f"{quote} ({reply.stop})"
