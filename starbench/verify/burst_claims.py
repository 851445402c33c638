"""What a clip claims of its bursts: times, levels, partials, gaps, modulations, sequences, tones in noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.measure import gaps, masking, modulation, onsets, partials, rhythm
from starbench.measure.levels import Envelope, db
from starbench.measure.tones import mono
from starbench.verify.claims import Absent, ClaimResult, Clip, Measurement, Unknown, Unmeasured

Samples = NDArray[np.float32]
Truth = Mapping[str, Any]
#: Half-amplitude onset and offset, s, where there are any.
Ends = tuple[float | None, float | None]

#: A partial is looked for this part of the fundamental to both sides.
_REACH = 1.0 / 3.0
#: Where noise is measured, Hz, and how far from its ends and from a tone, s.
_ERB_CENTRES_HZ, _CLEAR_S = (250.0, 1000.0, 4000.0), 0.03
#: A tone of a smaller d′ is not measured: the noise hides its level.
_LEAST_D_PRIME = 15.0
#: Shallower modulations have no rate to speak of, dB.
_LEAST_DEPTH_DB = -8.5


def bursts(clip: Clip) -> Iterator[ClaimResult]:
    """Everything that is claimed of every burst."""
    claimed, signal = list(clip.truth["bursts"]), mono(clip.samples)
    masker = next((one for one in claimed if "level_db_spl_per_erb" in one), None)
    if masker is not None:
        yield from _masked(clip, signal, masker, [one for one in claimed if one is not masker])
    elif any("repetition" in one for one in claimed):
        yield from _sequences(clip, signal, claimed)
    elif _overlap(claimed):
        yield from _simultaneous(clip, signal, claimed)
    else:
        yield from _successive(clip, signal, claimed)


def _overlap(claimed: list[Truth]) -> bool:
    spans = sorted((float(one["onset_s"]), _end_s(one)) for one in claimed)
    return any(stop > start for (_, stop), (start, _) in pairwise(spans))


def _end_s(truth: Truth) -> float:
    return float(truth["onset_s"]) + float(truth["duration_s"])


def _level(clip: Clip, power: float) -> float:
    return float(db(power)) + clip.full_scale_db_spl


def _cut(clip: Clip, signal: Samples, start_s: float, stop_s: float) -> Samples:
    return signal[max(0, round(start_s * clip.rate)) : round(stop_s * clip.rate)]


def _steady(clip: Clip, signal: Samples, truth: Truth) -> Samples:
    """A burst without its ramps."""
    ramp_s = float(truth["ramp_s"])
    return _cut(clip, signal, float(truth["onset_s"]) + ramp_s / 2, _end_s(truth) - ramp_s / 2)


# --- one after the other ------------------------------------------------------------------------------


def _successive(clip: Clip, signal: Samples, claimed: list[Truth]) -> Iterator[ClaimResult]:
    envelope = Envelope.of(signal[:, None], clip.rate)
    for number, truth in enumerate(claimed):
        where = f"burst {number + 1}"
        sound = _cut(clip, signal, float(truth["onset_s"]), _end_s(truth))
        power = float(np.mean(np.square(sound, dtype=np.float64))) if sound.size else 0.0
        yield Measurement("burst level", where, float(truth["level_db_spl"]), _level(clip, power))
        if "modulation" in truth:
            yield Unmeasured("burst onset", "a modulated sound has no steady level at its ends")
        else:
            start_s = _end_s(claimed[number - 1]) + _CLEAR_S if number else 0.0
            is_last = number + 1 == len(claimed)
            stop_s = clip.seconds if is_last else float(claimed[number + 1]["onset_s"]) - _CLEAR_S
            is_noise = truth["signal"]["kind"] == "noise"
            ends = (
                _noise_ends(envelope, truth, start_s, stop_s)
                if is_noise
                else _partial_ends(clip, signal, truth, start_s, stop_s)
            )
            yield from _ends(where, truth, ends)
        yield from _contents(clip, where, truth, _steady(clip, signal, truth))


def _noise_ends(envelope: Envelope, truth: Truth, start_s: float, stop_s: float) -> Ends:
    onset_s, end_s = float(truth["onset_s"]), _end_s(truth)
    part_s = 0.25 * (end_s - onset_s)  # no gap is so near an end
    return (
        onsets.rise(envelope, start_s, onset_s + part_s),
        onsets.fall(envelope, end_s - part_s, stop_s),
    )


def _partial_ends(clip: Clip, signal: Samples, truth: Truth, start_s: float, stop_s: float) -> Ends:
    """Of the lowest partial: a complex tone as a whole beats."""
    lowest = float(truth["signal"]["f0_hz"]) * (
        int(truth["signal"]["lowest"]) + float(truth["signal"]["shift"])
    )
    extent = partials.extent(_cut(clip, signal, start_s, stop_s), clip.rate, lowest)
    return (None, None) if extent is None else (start_s + extent.onset_s, start_s + extent.offset_s)


def _ends(where: str, truth: Truth, ends: Ends) -> Iterator[ClaimResult]:
    begins_s, ends_s = ends
    if begins_s is None or ends_s is None:
        yield Absent("burst onset", where, f"{truth['onset_s']:.4f} s")
        return
    yield Measurement("burst onset", where, float(truth["onset_s"]), begins_s)
    yield Measurement("burst duration", where, float(truth["duration_s"]), ends_s - begins_s)


def _contents(clip: Clip, where: str, truth: Truth, sound: Samples) -> Iterator[ClaimResult]:
    if truth["signal"]["kind"] == "partials":
        yield from _partials(clip, where, truth["signal"], sound)
        return
    yield from _gap(clip, where, truth, sound)
    if "gap" in truth:
        return  # which is a modulation too
    strongest = modulation.modulation(sound, clip.rate)
    claimed = truth.get("modulation")
    if claimed is None:
        yield Measurement("no modulation", where, 0.0, strongest.depth)
        return
    rate_hz, depth_db = float(claimed["rate_hz"]), float(claimed["depth_db"])
    depth = modulation.depth_at(sound, clip.rate, rate_hz)
    yield Measurement("modulation depth", where, depth_db, float(20.0 * np.log10(max(depth, 1e-6))))
    if depth_db < _LEAST_DEPTH_DB:
        yield Unmeasured("modulation rate", "so shallow that the noise's own fluctuation hides it")
    else:
        yield Measurement("modulation rate", where, rate_hz, strongest.rate_hz)


def _gap(clip: Clip, where: str, truth: Truth, sound: Samples) -> Iterator[ClaimResult]:
    claimed = truth.get("gap")
    found = None if "modulation" in truth else gaps.find_gap(sound, clip.rate)
    yield Measurement("gaps", where, float(claimed is not None), float(found is not None))
    if claimed is None or found is None:
        return
    seconds, middle_s = (
        float(claimed["duration_s"]),
        float(claimed["at_s"]) + float(claimed["duration_s"]) / 2,
    )
    yield Measurement("gap length", where, seconds, found.seconds)
    measured_s = found.start_s + found.seconds / 2 + float(truth["ramp_s"]) / 2
    yield Measurement("gap position", where, middle_s, measured_s)


def _partials(clip: Clip, where: str, signal: Truth, sound: Samples) -> Iterator[ClaimResult]:
    f0_hz, lowest = float(signal["f0_hz"]), int(signal["lowest"])
    for number in range(lowest, lowest + int(signal["count"])):
        claimed = f0_hz * (number + float(signal["shift"]))
        measured = partials.peak_frequency(sound, clip.rate, claimed, _REACH * f0_hz)
        yield Measurement("partial", f"{where}, partial {number}", claimed, measured)


def _unmeasured_signal(truth: Truth, *names: str) -> Iterator[ClaimResult]:
    """What this arrangement of sounds leaves unmeasured of a burst's signal."""
    for name in names:
        if truth["signal"].get(name) is not None:
            yield Unknown(f"bursts.signal.{name}", "nothing measures it of a sequence, or of a tone in noise")


# --- together -----------------------------------------------------------------------------------------


def _simultaneous(clip: Clip, signal: Samples, claimed: list[Truth]) -> Iterator[ClaimResult]:
    """Pure tones that overlap."""
    for number, truth in enumerate(claimed, 1):
        where, f0_hz = f"burst {number}", float(truth["signal"]["f0_hz"])
        extent = partials.extent(signal, clip.rate, f0_hz)
        if extent is None:
            yield Absent("partial", where, f"{f0_hz:g} Hz")
            continue
        yield Measurement("partial onset", where, float(truth["onset_s"]), extent.onset_s)
        yield Measurement(
            "partial duration", where, float(truth["duration_s"]), extent.offset_s - extent.onset_s
        )
        yield Measurement("partial level", where, float(truth["level_db_spl"]), _level(clip, extent.power))
        yield from _partials(clip, where, truth["signal"], _steady(clip, signal, truth))


def _sequences(clip: Clip, signal: Samples, claimed: list[Truth]) -> Iterator[ClaimResult]:
    for number, truth in enumerate(claimed, 1):
        where, events = f"sequence {number}", int(truth["repetition"]["events"])
        interval_s, onset_s = float(truth["repetition"]["interval_s"]), float(truth["onset_s"])
        start_s = max(0.0, onset_s - _CLEAR_S)
        is_last = number == len(claimed)  # up to the next one: another event would be there
        stop_s = clip.seconds if is_last else float(claimed[number]["onset_s"]) - _CLEAR_S
        times = rhythm.onsets(_cut(clip, signal, start_s, stop_s), clip.rate) + start_s
        yield Measurement("events", where, float(events), float(times.size))
        if times.size >= 2:
            yield Measurement("inter-onset interval", where, interval_s, rhythm.interval_s(times))
            yield Measurement("burst onset", where, onset_s, float(times[0]))
            pip = _cut(clip, signal, onset_s, _end_s(truth))
            power = float(np.mean(np.square(pip, dtype=np.float64)))
            yield Measurement("burst level", where, float(truth["level_db_spl"]), _level(clip, power))
        yield from _unmeasured_signal(truth, "f0_hz", "lowest", "count", "shift")


# --- a tone in noise ----------------------------------------------------------------------------------


def _masked(clip: Clip, signal: Samples, masker: Truth, tones: list[Truth]) -> Iterator[ClaimResult]:
    start_s = float(masker["onset_s"]) + _CLEAR_S
    spans = [(start_s, _end_s(masker) - _CLEAR_S)]
    for tone in tones:
        onset_s = float(tone["onset_s"])
        before, after = (start_s, onset_s - _CLEAR_S), (_end_s(tone) + _CLEAR_S, spans[-1][1])
        spans = [max(before, after, key=lambda span: span[1] - span[0])]
    noise, per_erb = _cut(clip, signal, *spans[0]), float(masker["level_db_spl_per_erb"])
    for centre_hz in _ERB_CENTRES_HZ:
        power = masking.band_power(noise, clip.rate, centre_hz, masking.erb_hz(centre_hz))
        yield Measurement("noise level per ERB", f"at {centre_hz:g} Hz", per_erb, _level(clip, power))
    yield Unmeasured("burst onset", "of a tone in noise only the levels are measured")
    if masker.get("level_db_spl") is not None:
        yield Unknown("bursts.level_db_spl", "of the noise around a tone its level per ERB is measured")
    for tone in tones:
        yield from _unmeasured_signal(tone, "lowest", "count", "shift")
        f0_hz, level = float(tone["signal"]["f0_hz"]), float(tone["level_db_spl"])
        if masking.ideal_d_prime(level - per_erb, f0_hz, float(tone["duration_s"])) < _LEAST_D_PRIME:
            yield Unmeasured("masked tone level", "so faint that the noise hides its level")
            continue
        sound = _cut(clip, signal, float(tone["onset_s"]), _end_s(tone))
        measured = _level(clip, masking.tone_power(sound, clip.rate, f0_hz))
        yield Measurement("masked tone level", f"at {f0_hz:g} Hz", level, measured)
