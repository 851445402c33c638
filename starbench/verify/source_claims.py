"""What each source of a clip claims to sound like: when, how loud, how high, and between the ears."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from starbench.measure.bandwidth import USABLE_DB, band_of, levels, upper_edge_hz
from starbench.measure.binaural import level_difference_db, time_difference_us
from starbench.measure.complexes import fundamental_hz
from starbench.measure.interaural import InterauralTransfer
from starbench.measure.levels import db, power
from starbench.measure.onsets import SMOOTH_S, bend, fall, rise
from starbench.verify.bearings import HEAD_S
from starbench.verify.claims import Absent, ClaimResult, Measurement, Source, Unknown, Unmeasured

OVERLAPS = "sounds with another source"
#: Kinds of signal that are steady between their ramps; others have no one level, onset or decay.
STEADY = frozenset({"noise", "gaussian-noise", "complex", "siren", "voice"})
#: Kinds that can be followed while they move: without pauses, or chosen to have none.
UNBROKEN = STEADY | {"modulated-noise", "recording"}
#: Kinds that are random at every moment.
NOISES = frozenset({"noise", "gaussian-noise", "modulated-noise"})
#: Kinds whose pitch glides so far that a random spectrum varies their level.
_GLIDING = frozenset({"siren"})
#: Kinds whose spectrum has no gaps, and kinds whose spectrum follows from band and tilt.
_DENSE, _SHAPED = frozenset({"noise", "pulses"}), STEADY | {"pulses"}
#: What claims to stand out less than this from the background is not measured, dB.
LEAST_SNR_DB = 10.0
#: A band of a recording is heard if it is this many times as strong as the background, and not so far below the
#: strongest that it may be the skirt of a window, as power ratios.
_STANDS_OUT, _SKIRTS = 2.5, 1e-8
#: By how much of an octave a band may seem shorter than it is, and by how much random gains may weaken its end, dB.
_SHORT_OCTAVES, _COLOUR_DB = 0.35, 30.0
#: What dither and rounding to 16 bits leave, dB re full scale, with room.
_DITHER_DB = -90.0
#: An event is louder than this part of the loudest, in power; a background must be this far below, dB.
_LOUD_PART, _PLAIN_SNR_DB = 0.05, 20.0
FAINT = "does not stand out from the background"
#: A beating harmonic sound is smoothed over this many of its periods to find its ends.
_PERIODS = 1.5
#: How far an end is looked for on either side of its claim, s.
_LOOK_S = 0.120
#: What is left around a dry sound for the delay between ears and for filters to die away, s.
_AROUND_S = 0.015


def obstacle(source: Source) -> str | None:
    """Why a source cannot be measured by itself; None if it can."""
    if not source.alone:
        return OVERLAPS
    if source.is_recorded and not source.moves:
        return "recording: nobody knows how its own level and spectrum vary"
    if source.in_room and source.is_coloured and source.kind not in NOISES and not source.moves:
        return f"{source.kind}: the few partials that its random spectrum leaves beat with their reflections"
    return None if source.kind in (UNBROKEN if source.moves else STEADY) else f"{source.kind}: is not steady"


def whole_stretch(source: Source) -> NDArray[np.float32]:
    """Samples of a dry sound from ramp to ramp, with what is around it."""
    around = source.ramp_s / 2 + _AROUND_S
    return source.clip.cut(
        max(source.quiet_from_s, source.onset_s - around), min(source.quiet_to_s, source.offset_s + around)
    )


def claimed_snr_db(source: Source) -> float:
    """How far the source's claimed level lies above the claimed background, or above dither where none is."""
    level = float(np.mean(10.0 ** (np.array(source.truth["received_db_spl"], dtype=np.float64) / 10.0)))
    background = source.clip.truth.get("background")
    floor = source.clip.full_scale_db_spl + _DITHER_DB if background is None else background["level_db_spl"]
    return float(db(level)) - float(floor)


def timing(source: Source) -> Iterator[ClaimResult]:
    """Onset and duration at half amplitude; the end of a sound in a room is the bend into its decay."""
    kind = source.surroundings
    why = "moves" if source.moves else obstacle(source)
    if why is None and source.is_coloured and source.kind in _GLIDING:
        why = f"{source.kind}: its level varies as it glides through its random spectrum"
    if why:
        yield Unmeasured(f"onset, {kind}", why)
        if source.alone and not source.moves:
            yield from _span(source)
        return
    middle = (source.onset_s + source.offset_s) / 2
    first = max(source.quiet_from_s, source.onset_s - _LOOK_S)
    last = min(source.quiet_to_s, source.offset_s + _LOOK_S)
    heard = source.flat_envelope if source.is_coloured else source.clip.envelope
    envelope, f0 = heard.total(), source.truth["signal"].get("f0_hz")
    smooth_s = max(SMOOTH_S, _PERIODS / float(f0)) if f0 else SMOOTH_S
    begins = rise(envelope, first, middle, smooth_s)
    ends = (bend if source.in_room else fall)(envelope, middle, last, smooth_s)
    if begins is None or ends is None:
        if source.is_coloured:
            yield Unmeasured(f"onset, {kind}", "a sound of random spectrum shows no clear beginning or end")
        elif claimed_snr_db(source) > LEAST_SNR_DB:
            claimed = f"from {source.onset_s:.4f} to {source.offset_s:.4f} s"
            yield Absent(f"onset, {kind}", source.name, claimed)
        else:
            yield Unmeasured(f"onset, {kind}", FAINT)
        return
    yield Measurement(f"onset, {kind}", source.name, source.onset_s, begins)
    yield Measurement(f"duration, {kind}", source.name, source.offset_s - source.onset_s, ends - begins)


def _span(source: Source) -> Iterator[ClaimResult]:
    """How far a sound with pauses reaches beyond its claimed ends: where in between it sounds is not claimed."""
    if source.in_room:
        yield Unmeasured("span of a sound with pauses", "its reflections sound on")
        return
    envelope = source.clip.envelope.total()
    first = envelope.index(max(source.quiet_from_s, source.onset_s - _LOOK_S))
    stop = envelope.index(min(source.quiet_to_s, source.offset_s + _LOOK_S))
    curve = envelope.power[first:stop, 0] - float(np.mean(source.clip.background))
    loud = np.flatnonzero(curve > curve.max(initial=0.0) * _LOUD_PART)
    if claimed_snr_db(source) < _PLAIN_SNR_DB or not loud.size:
        yield Unmeasured("span of a sound with pauses", FAINT)
        return
    begins, ends = ((first + at) * envelope.step for at in (loud[0], loud[-1] + 1))
    outside = max(0.0, source.onset_s - begins, ends - source.offset_s)
    yield Measurement("span of a sound with pauses", source.name, 0.0, outside)


def received_level(source: Source) -> Iterator[ClaimResult]:
    """Level of each channel, and of all, while the source sounds; the background's power taken off."""
    kind = "received level, in noise" if source.clip.truth.get("background") else "received level"
    if not source.alone:
        yield Unmeasured(kind, OVERLAPS)
        return
    clip = source.clip
    measured, floor = power(clip.cut(source.onset_s, source.offset_s)), clip.background
    parts = [
        (f"channel {k + 1}", slice(k, k + 1), one) for k, one in enumerate(source.truth["received_db_spl"])
    ]
    for part, channels, claimed in (
        *parts,
        ("all channels", clip.level_channels, source.truth["level_db_spl"]),
    ):
        background = float(np.mean(floor[channels]))
        if float(claimed) - clip.full_scale_db_spl - float(db(background)) < LEAST_SNR_DB:
            yield Unmeasured(kind, FAINT)
            continue
        level = float(db(float(np.mean(measured[channels])) - background)) + clip.full_scale_db_spl
        yield Measurement(kind, f"{source.name}, {part}", float(claimed), level)


def fundamental(source: Source) -> Iterator[ClaimResult]:
    """Fundamental of a harmonic complex; that of other kinds of signal is not measured."""
    if source.kind != "complex":
        if source.truth["signal"].get("f0_hz") is not None:
            yield Unknown("sources.signal.f0_hz", f"{source.kind}: nothing measures what it sounds like")
        return
    if not source.alone or source.moves:
        yield Unmeasured("f0", "moves" if source.moves else OVERLAPS)
        return
    inner = source.clip.cut(source.onset_s + source.ramp_s, source.offset_s - source.ramp_s)
    loudest = int(np.argmax(power(inner)))
    f0 = fundamental_hz(inner[:, loudest], source.clip.rate)
    if f0 is None:
        yield Unmeasured("f0", "fewer than four of its harmonics are heard")
    else:
        yield Measurement("f0", source.name, float(source.truth["signal"]["f0_hz"]), f0)


def band(source: Source) -> Iterator[ClaimResult]:
    """The band that a recording is claimed to have: whether it is heard up to there."""
    claimed, kind = source.truth["signal"].get("bandwidth_hz"), "band of a recording"
    if claimed is None:
        return
    if not source.alone:
        yield Unmeasured(kind, OVERLAPS)
        return
    clip = source.clip
    if float(claimed) > clip.rate / 2:
        yield Absent(kind, source.name, f"{float(claimed):.0f} Hz")
        return
    if clip.quiet is None:
        yield Unmeasured(kind, "the background is not heard alone")
        return
    loudness, noise = (
        _thirds(part, clip.rate) for part in (clip.cut(source.onset_s, source.offset_s), clip.quiet)
    )
    heard = loudness > np.maximum(_STANDS_OUT * noise, loudness.max() * _SKIRTS)
    short = float(np.log2(float(claimed) / max(float(upper_edge_hz(heard)), 1.0)))
    margin_db = float(db(loudness.max()) - db(noise[band_of(float(claimed))]))
    hidden_db = USABLE_DB + (_COLOUR_DB if source.truth["signal"].get("spectrum") else 0.0)
    if short > _SHORT_OCTAVES and margin_db < hidden_db:
        yield Unmeasured(kind, "so soft that the background may hide the upper end of its band")
    else:
        yield Measurement(kind, source.name, 0.0, max(short, 0.0))


def _thirds(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Power of the thirds of an octave at the ear or microphone that has most of each."""
    return np.asarray(np.max([levels(channel, rate) for channel in samples.T], axis=0))


def interaural(source: Source) -> Iterator[ClaimResult]:
    """Time and level difference of the direct sound between the ears; in rooms see ``place_claims``."""
    if source.truth.get("itd_us") is None:
        return
    if source.in_room:
        yield Unmeasured("ILD, in a room", "reflections change the level at both ears")
        return
    if source.is_coloured and source.alone:
        yield from _interaural_of_any_spectrum(source)
        return
    # A few harmonics, or an unknown spectrum, sample a delay that differs from frequency to frequency.
    where = source.surroundings + ("" if source.kind in _DENSE else ", harmonic")
    why, signal = None if source.alone else OVERLAPS, source.truth["signal"]
    if why or signal.get("ripple_db"):
        for name in ("ITD", "ILD"):
            yield Unmeasured(f"{name}, {where}", why or "the spectrum is random")
        return
    stretch = whole_stretch(source)
    rate, tilt = source.clip.rate, source.tilt_db_per_octave
    low, high = float(signal.get("low_hz", 50.0)), float(signal.get("high_hz", 16_000.0))
    quiet = source.clip.quiet
    time = time_difference_us(stretch, rate, low_hz=low, tilt_db_per_octave=tilt, quiet=quiet)
    level = level_difference_db(stretch, rate, low_hz=low, high_hz=high, tilt_db_per_octave=tilt, quiet=quiet)
    yield Measurement(f"ITD, {where}", source.name, float(source.truth["itd_us"]), time)
    if source.kind in _SHAPED:
        yield Measurement(f"ILD, {where}", source.name, float(source.truth["ild_db"]), level)
    else:
        yield Unmeasured(f"ILD, {where}", f"{source.kind}: its spectrum is not known")


def _interaural_of_any_spectrum(source: Source) -> Iterator[ClaimResult]:
    where, clip = f"{source.surroundings}, any spectrum", source.clip
    transfer = InterauralTransfer.of(whole_stretch(source), clip.rate, quiet=clip.quiet)
    for name, key, measured in (
        ("ITD", "itd_us", transfer.time_difference_us(HEAD_S)),
        ("ILD", "ild_db", transfer.level_difference_db()),
    ):
        if measured is None:
            yield Unmeasured(f"{name}, {where}", "too little of its spectrum stands out from the background")
        else:
            yield Measurement(f"{name}, {where}", source.name, float(source.truth[key]), measured)
