"""Do the high frequencies of the rate that is sent arrive? Tones above what a narrower way carries.

The field ``band`` of a canary. The tones are faint (:mod:`starbench.canary.stimuli.faint_tones`). A way that
leaves samples out without a filter hears them as lower tones: at 48 kHz two tones that are each other's
images about 8 kHz have the very same samples, one in three, and so get one reply. A model that calls all
high tones alike gives one reply too: only a model that distinguishes other high tones can show either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, get_args

from starbench.canary.evidence.event_detection import EventState, detect_events
from starbench.canary.evidence.prober import Prober
from starbench.canary.evidence.statistics import between, dependence, smaller
from starbench.canary.stimuli.faint_tones import LOUD_DB, QUIET_DB, tone_after_mark
from starbench.canary.stimuli.probes import DESCRIBE, Probe
from starbench.canary.verdicts import UNKNOWN, Verdict
from starbench.schema import Capabilities

_LOW_HZ = (1000.0, 1300.0, 1600.0)
#: Above 4, 8 and 12 kHz, in three rounds.
_HIGH_HZ = ((6000.0, 5500.0, 5800.0), (10_000.0, 10_500.0, 10_200.0), (18_000.0, 18_500.0, 17_000.0))
#: A tone must lie below this share of the rate, or the filter that made the rate may have removed it.
_WITHIN = 0.42
#: Pairs of images about 8 kHz: the one is 16 kHz less the other. One of each pair and one of another are not.
_IMAGES_HZ = ((6000.0, 10_000.0), (5000.0, 11_000.0), (4500.0, 11_500.0))
_IMAGES_RATE = 48_000
#: Each is described so often; again where that leaves it open.
_TIMES, _ROUNDS = 2, 2
#: p-values up to here show that tones are distinguished, or that images are more alike; above the last there
#: is no sign of a difference.
_SHOWN, _ALIKE, _NO_SIGN = 0.05, 0.02, 0.2


async def verdict(prober: Prober, comparable: Sequence[float], capabilities: Capabilities) -> Verdict:
    """Ask for tones at 1 kHz and higher up."""
    rate = prober.limits.full_rate
    high = [tones for tones in _HIGH_HZ if max(tones) <= _WITHIN * rate]
    if not high:
        return Verdict(UNKNOWN, f"not probed: at {rate} Hz nothing much above 4 kHz is sent")
    for db in (QUIET_DB, LOUD_DB):
        rounds = [
            {f"{tones[0]:g} Hz": tone_after_mark(rate, db, tones[n]) for tones in (_LOW_HZ, *high)}
            for n in range(len(_LOW_HZ))
        ]
        plain = tone_after_mark(rate, db, None)
        states = await detect_events(prober, plain, rounds, comparable)
        if not prober.replies(DESCRIBE, plain):
            return Verdict(UNKNOWN, f"no clip at {rate} Hz was answered")
        if states[f"{_LOW_HZ[0]:g} Hz"] == "arrives":
            break
    hz = capabilities.front_end_hz
    declared = f"the adapter declares {f'a front end of {hz} Hz' if hz else 'no narrower front end'}"
    by_events = _by_events(states, rate, declared)
    if by_events.value != "kept" or rate != _IMAGES_RATE:
        return by_events
    low, image = (f"{tone:g} Hz" for tone in _IMAGES_HZ[0])
    images = f"tones sent at {rate} Hz: {low} and {image}, and other images about 8 kHz,"
    match await _images(prober):
        case "apart":
            return Verdict("kept", f"{by_events.evidence}, and images about 8 kHz are distinguished")
        case "alike":
            why = "get one reply, as if samples were left out without a filter"
            return Verdict("narrowed", f"{images} {why}; {declared}")
    reason = f"{images} are not clearly distinguished, as other high tones may not be either"
    return Verdict(UNKNOWN, f"{by_events.evidence}; {reason}")


async def _images(prober: Prober) -> Literal["apart", "alike", "open"]:
    """Whether tones that are each other's images are distinguished, or are alike where others are not."""
    pairs = [[tone_after_mark(_IMAGES_RATE, LOUD_DB, hz, shaped=False) for hz in pair] for pair in _IMAGES_HZ]
    for _ in range(_ROUNDS):
        await prober.send([Probe(DESCRIBE, clip) for pair in pairs for clip in pair] * _TIMES)
        images = [prober.groups(DESCRIBE, pair) for pair in pairs]
        others = [prober.groups(DESCRIBE, half) for half in zip(*pairs, strict=True)]
        if (p_images := dependence(images)) <= _SHOWN:
            return "apart"
        if p_images > _NO_SIGN and dependence(others) <= _SHOWN:
            distances = [
                [between(one, other) for groups in kind for one, other in combinations(groups, 2)]
                for kind in (images, others)
            ]
            if smaller(*distances) <= _ALIKE:
                return "alike"
    return "open"


def _by_events(states: Mapping[str, EventState], rate: int, declared: str) -> Verdict:
    low = next(iter(states))
    tones = f"tones sent at {rate} Hz"
    if states[low] != "arrives":
        return Verdict(UNKNOWN, f"{tones}: not even {low} clearly changes the reply")
    arriving, lost, unclear = (
        " and ".join(name for name in states if states[name] == state) for state in get_args(EventState)
    )
    if lost:
        return Verdict("narrowed", f"{tones}: the reply changes with {arriving}, not with {lost}; {declared}")
    if unclear:
        return Verdict(UNKNOWN, f"{tones}: no clear change with {unclear}")
    return Verdict("kept", f"{tones}: the reply changes with {arriving}")
