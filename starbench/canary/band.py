"""Do the high frequencies of the rate that is sent arrive? Tones above what narrower ways carry.

The tones are faint, stand in digital silence, and their rounding errors are shaped out of the low band: what
a filter leaves of them is rounded to nothing, and a reply that hangs on the last bit shows it. Whoever leaves
samples out without a filter hears them as lower tones: at 48 kHz two tones that are each other's images about
8 kHz have the very same samples, one in three, and so get one reply. So do they from whoever calls all high
tones alike: only a model that tells other high tones apart can be caught so, or be cleared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import numpy as np

from starbench.audio import FULL_SCALE, Audio
from starbench.canary import sounds
from starbench.canary.interview import Interview
from starbench.canary.probes import Probe, Question, Stimulus
from starbench.canary.reach import State, follow
from starbench.canary.statistics import between, dependence, smaller
from starbench.canary.terms import Terms
from starbench.schema import Capabilities

_LOW_HZ = (1000.0, 1300.0, 1600.0)
#: Above 4, 8 and 12 kHz, in three rounds.
_HIGH_HZ = ((6000.0, 5500.0, 5800.0), (10_000.0, 10_500.0, 10_200.0), (18_000.0, 18_500.0, 17_000.0))
#: A tone must lie below this share of the rate, or the filter that made the rate may have met it.
_WITHIN = 0.42
_CLIP_S, _MARK_S, _TONE_AT_S, _TONE_S = 1.5, 0.3, 0.7, 0.7
#: Pairs of images about 8 kHz: 16 kHz less the one is the other. One of each pair and one of another are not.
_IMAGES_HZ = ((6000.0, 10_000.0), (5000.0, 11_000.0), (4500.0, 11_500.0))
_IMAGES_RATE = 48_000
#: Each is asked about so often; again where that leaves it open.
_TIMES, _ROUNDS = 2, 2
#: p-values up to here show that tones are told apart, or that images are more alike; from there on there is
#: no sign of a difference.
_TOLD, _ALIKE, _NO_SIGN = 0.05, 0.02, 0.2
#: Peaks, dB re full scale. A usual filter (-54 dB) leaves less than half a step of 16 bits of the quiet
#: tones; the loud ones are for those who do not notice the quiet.
_QUIET_DB, _LOUD_DB = -50.0, -12.0
_MARK_BELOW_DB = 10.0
#: Samples in which a good end is looked for.
_TO_END = 3000
#: Zeros of the rounding error's spectrum, as shares of the rate.
_ZEROS = np.array([1 / 24, 1 / 8, 7 / 32])
_NOISE_SHAPE = np.poly(np.exp(2j * np.pi * np.concatenate([_ZEROS, -_ZEROS]))).real

Verdict = tuple[Literal["kept", "narrowed", "unknown"], str]


async def verdict(
    interview: Interview,
    question: Question,
    terms: Terms,
    comparable: Sequence[float],
    capabilities: Capabilities,
) -> Verdict:
    """Ask for tones at 1 kHz and higher up."""
    rate = terms.full_rate
    high = [pair for pair in _HIGH_HZ if max(pair) <= _WITHIN * rate]
    if not high:
        return "unknown", f"not asked: at {rate} Hz nothing much above 4 kHz is sent"
    for db in (_QUIET_DB, _LOUD_DB):
        rounds = [
            {f"{tones[0]:g} Hz": _clip(rate, db, tones[n]) for tones in (_LOW_HZ, *high)}
            for n in range(len(_LOW_HZ))
        ]
        plain = _clip(rate, db, None)
        states = await follow(interview, question, plain, rounds, comparable)
        if not interview.answers(question, plain):
            return "unknown", f"no clip at {rate} Hz was answered"
        if states[f"{_LOW_HZ[0]:g} Hz"] == "arrives":
            break
    found = _verdict(states, [f"{tones[0]:g} Hz" for tones in high], rate, capabilities)
    if found[0] != "kept" or rate != _IMAGES_RATE:
        return found
    low, image = (f"{hz:g} Hz" for hz in _IMAGES_HZ[0])
    told = f"tones sent at {rate} Hz: {low} and {image}, and other images about 8 kHz,"
    match await _images(interview, question):
        case "apart":
            return found[0], f"{found[1]}, and images about 8 kHz are told apart"
        case "one":
            why = "are answered as one, as if samples were left out without a filter"
            return "narrowed", f"{told} {why}{_declared(capabilities)}"
    return "unknown", f"{found[1]}; {told} are not clearly told apart, as other high tones may not be either"


async def _images(interview: Interview, question: Question) -> Literal["apart", "one", "open"]:
    """Whether tones that are each other's images are told apart, or are one where other tones are not."""
    pairs = [[_clip(_IMAGES_RATE, _LOUD_DB, hz, shaped=False) for hz in pair] for pair in _IMAGES_HZ]
    for _ in range(_ROUNDS):
        await interview.put([Probe(question, clip) for pair in pairs for clip in pair] * _TIMES)
        images = [interview.groups(question, pair) for pair in pairs]
        others = [interview.groups(question, half) for half in zip(*pairs, strict=True)]
        if (p_images := dependence(images)) <= _TOLD:
            return "apart"
        if p_images > _NO_SIGN and dependence(others) <= _TOLD:
            distances = [
                [between(one, other) for groups in kind for one, other in combinations(groups, 2)]
                for kind in (images, others)
            ]
            if smaller(*distances) <= _ALIKE:
                return "one"
    return "open"


def _verdict(states: dict[str, State], high: Sequence[str], rate: int, capabilities: Capabilities) -> Verdict:
    low, *_ = states
    told = f"tones sent at {rate} Hz"
    if states[low] != "arrives":
        return "unknown", f"{told}: not even {low} clearly changes the reply"
    lost = [name for name in high if states[name] == "lost"]
    there = [name for name in (low, *high) if states[name] == "arrives"]
    if lost:
        return "narrowed", (
            f"{told}: the reply changes with {_list(there)}, not with {_list(lost)}{_declared(capabilities)}"
        )
    if len(there) == len(high) + 1:
        return "kept", f"{told}: the reply changes with {_list(there)}"
    return "unknown", f"{told}: no clear change with {_list([n for n in high if n not in there])}"


def _declared(capabilities: Capabilities) -> str:
    if capabilities.front_end_hz is None:
        return "; the adapter declares no narrower front end"
    return f"; the adapter declares a front end of {capabilities.front_end_hz} Hz"


def _list(names: Sequence[str]) -> str:
    return " and ".join(names)


def _clip(rate: int, db: float, hz: float | None, *, shaped: bool = True) -> Stimulus:
    def make() -> Audio:
        events = [(0.0, sounds.tone(500.0, _MARK_S, rate, db - _MARK_BELOW_DB))]
        if hz is not None:
            tone = _smooth_tone(hz, db, rate)
            events.append((_TONE_AT_S, _rounded(tone) if shaped else tone))
        return sounds.audio(rate, sounds.in_silence(_CLIP_S, rate, *events))

    return Stimulus(f"{hz} Hz of {db} dB at {rate} Hz{'' if shaped else ', plain'}", make)


def _smooth_tone(hz: float, db: float, rate: int) -> sounds.Wave:
    """A tone with long smooth ends: short ones would spill into the band of narrower ways."""
    wave = sounds.tone(hz, _TONE_S, rate, db)
    return wave * np.hanning(len(wave))


def _rounded(wave: sounds.Wave) -> sounds.Wave:
    """Round to 16 bits with the error pushed above a quarter of the rate (error feedback).

    The error ends where its memory is all but empty: cut off elsewhere it would be a click.
    """
    h1, h2, h3 = _NOISE_SHAPE[1:4].tolist()  # the rest mirrors these: all zeros lie on the unit circle
    e1 = e2 = e3 = e4 = e5 = e6 = 0.0
    codes: list[int] = []
    least, end = float("inf"), len(wave)
    for wanted in [*(wave * FULL_SCALE).tolist(), *[0.0] * _TO_END]:
        shaped = wanted + h1 * (e1 + e5) + h2 * (e2 + e4) + h3 * e3 + e6
        codes.append(round(shaped))
        e1, e2, e3, e4, e5, e6 = codes[-1] - shaped, e1, e2, e3, e4, e5
        left = abs(e1) + abs(e2) + abs(e3) + abs(e4) + abs(e5) + abs(e6)
        if len(codes) >= len(wave) and left < least:
            least, end = left, len(codes)
    return np.array(codes[:end]) / FULL_SCALE
