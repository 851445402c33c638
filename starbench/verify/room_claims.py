"""What each source claims of the room it sounds in: reverberation time, direct-to-reverberant ratio."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from starbench.measure.levels import Envelope, db, flattened
from starbench.measure.rooms import (
    Sounding,
    decay_time_s,
    diffuse_direct_to_reverberant_db,
    direct_to_reverberant_db,
)
from starbench.verify.bearings import arrivals_s
from starbench.verify.claims import Absent, ClaimResult, Measurement, Source, Unmeasured
from starbench.verify.source_claims import claimed_snr_db, obstacle

#: A clip that cuts a tail fades it out over this, s.
_FADE_S = 0.025
#: Noise is random, as the theory wants it; harmonic sounds beat, and are measured less well.
_RANDOM = frozenset({"noise", "gaussian-noise"})
#: Kinds whose power does not change in time in a room.
_STEADY_POWER = frozenset({"noise", "gaussian-noise", "complex"})

#: Octaves below this are so narrow that their noise fluctuates as much as it decays, Hz; and a source whose
#: band ends nearer than this to the middle of an octave does not fill it.
_LEAST_OCTAVE_HZ, _WHOLE_OCTAVE = 500.0, 1.42
#: The same of a random spectrum, of which a few lines may be all that is heard of a low octave, Hz.
_LEAST_COLOURED_OCTAVE_HZ = 1000.0

#: Of a tail that the background hides, s; the ratio hardly depends on it.
_USUAL_S = 0.4
#: Below this the direct sound is lost among reflections, dB.
_LEAST_DRR_DB = -12.0
#: Above this the reflections of a sound of random spectrum are lost beside the direct sound, dB.
_MOST_COLOURED_DRR_DB = 12.0
#: Above this one cannot fail to find it; and more than this of a decay cannot be missed, dB.
_PLAIN_DRR_DB, _PLAIN_DECAY_DB = -5.0, 40.0
#: By how much the ratio at a KEMAR's ears exceeds that of a diffuse field, dB (mean of 263 sources of built suites,
#: with a standard error of 0.1): it hears ear level 0.5 dB louder than the average of all directions, and no room
#: is quite diffuse.
_OVER_DIFFUSE_DB = 1.1
#: Of a sound that is as strong at all frequencies most energy is in this octave, Hz.
_STRONGEST_OCTAVE = "8000"
_FLUCTUATES = "no decay or direct sound is found: a sound of random spectrum fluctuates too much"


def _what(name: str, source: Source) -> str:
    if source.is_coloured:
        return f"{name}, any spectrum"
    return f"{name}, {'noise' if source.kind in _RANDOM else 'harmonic'}"


def _channels(source: Source, key: str) -> Iterator[tuple[str, float, Envelope, float]]:
    """Name, claim, envelope and background of each channel that has a claim: ambisonics' pressure alone has."""
    envelope = source.flat_envelope
    floor = envelope.between(_FADE_S, source.clip.quiet_until_s)
    for channel, claimed in enumerate(source.truth[key]):
        own = Envelope(envelope.power[:, channel : channel + 1], envelope.step)
        yield f"{source.name}, channel {channel + 1}", float(claimed), own, float(floor[channel])


def reverberation_time(source: Source) -> Iterator[ClaimResult]:
    """T30 of each channel by interrupted noise: how the sound dies away in the clip itself."""
    kind = _what("T30", source)
    if why := obstacle(source):
        yield Unmeasured(kind, why)
        return
    until = min(source.quiet_to_s, source.clip.seconds - _FADE_S)
    for where, claimed, envelope, floor in _channels(source, "t30_s"):
        measured = decay_time_s(envelope, source.offset_s, until, floor)
        if measured is not None:
            yield Measurement(kind, where, claimed, measured)
        elif source.is_coloured:
            yield Unmeasured(kind, _FLUCTUATES)
        elif min(claimed_snr_db(source), 60.0 * (until - source.offset_s) / claimed) > _PLAIN_DECAY_DB:
            yield Absent(kind, where, f"{claimed:.3f} s")
        else:
            yield Unmeasured(kind, "less than 15 dB of its decay can be heard")


def octave_reverberation_times(source: Source) -> Iterator[ClaimResult]:
    """T30 of each channel in each octave, by the same method on the octave alone."""
    kind = f"T30 of octaves, {'any spectrum' if source.is_coloured else 'noise'}"
    least_hz = _LEAST_COLOURED_OCTAVE_HZ if source.is_coloured else _LEAST_OCTAVE_HZ
    why = obstacle(source) or (None if source.kind in _RANDOM else "harmonics beat within an octave")
    if why:
        yield Unmeasured(kind, why)
        return
    signal, until = source.truth["signal"], min(source.quiet_to_s, source.clip.seconds - _FADE_S)
    low_hz, high_hz = float(signal.get("low_hz", 0.0)), float(signal.get("high_hz", np.inf))
    for name, claims in source.truth["t30_octaves_s"].items():
        middle_hz = float(name)
        if middle_hz < max(least_hz, low_hz * _WHOLE_OCTAVE) or middle_hz * _WHOLE_OCTAVE > high_hz:
            yield Unmeasured(kind, "too narrow to tell a decay, or the source has no sound there")
            continue
        edges = middle_hz / np.sqrt(2.0), middle_hz * np.sqrt(2.0)
        octave = Envelope.of(flattened(source.clip.samples, source.clip.rate, *edges, 0.0), source.clip.rate)
        floors = octave.between(_FADE_S, source.clip.quiet_until_s)
        for channel, claimed in enumerate(claims):
            own = Envelope(octave.power[:, channel : channel + 1], octave.step)
            measured = decay_time_s(own, source.offset_s, until, float(floors[channel]))
            if measured is None:
                yield Unmeasured(kind, "less than 15 dB of its decay can be heard")
            else:
                yield Measurement(
                    kind, f"{source.name}, channel {channel + 1}, {name} Hz", float(claimed), measured
                )


def direct_to_reverberant(source: Source) -> Iterator[ClaimResult]:
    """Direct-to-reverberant ratio of each channel, from how the power builds up and falls."""
    kind = _what("DRR", source)
    glides = None if source.kind in _STEADY_POWER else "its pitch glides, and its power with it"
    if why := obstacle(source) or glides:
        yield Unmeasured(kind, why)
        return
    until = min(source.quiet_to_s, source.clip.seconds - _FADE_S)
    delays_s = arrivals_s(source.clip.truth, source.truth)
    for channel, delay_s in zip(_channels(source, "drr_db"), delays_s, strict=False):
        where, claimed, envelope, floor = channel
        sounding = Sounding(source.onset_s + delay_s, source.offset_s + delay_s, source.ramp_s)
        # The tail's own time, as heard; the claimed one would lend the claim's truth to the measurement.
        decay_s = decay_time_s(envelope, source.offset_s, until, floor) or _USUAL_S
        measured = direct_to_reverberant_db(envelope, sounding, decay_s, floor)
        if claimed < _LEAST_DRR_DB or (measured is None and claimed < _PLAIN_DRR_DB):
            yield Unmeasured(kind, "the direct sound is drowned")
        elif claimed > _MOST_COLOURED_DRR_DB and source.is_coloured:
            yield Unmeasured(kind, "the reflections are drowned")
        elif measured is None and source.is_coloured:
            yield Unmeasured(kind, _FLUCTUATES)
        elif measured is None:
            yield Absent(kind, where, f"{claimed:.1f} dB")
        else:
            yield Measurement(kind, where, claimed, measured)


def distance(source: Source) -> Iterator[ClaimResult]:
    """The distance, against what the claimed direct-to-reverberant ratio tells of it in a diffuse field.

    Both are claims, of which the ratio is measured by :func:`direct_to_reverberant`. So a distance that is not the
    one of the ratio is found, although no single clip tells a distance.
    """
    kind, truth = f"distance, {source.surroundings}", source.truth
    if not source.in_room or truth.get("drr_db") is None:
        yield Unmeasured(kind, "without a room nothing that is heard tells it")
        return
    if source.clip.truth["format"] != "binaural":
        yield Unmeasured(kind, "the ratio depends on the directivity of the microphones")
        return
    size_m = source.clip.truth["room"].get("size_m")
    if size_m is None:
        yield Unmeasured(kind, "only of rectangular rooms is it known which ratio a distance has")
        return
    direct_part = 1.0 / (1.0 + 10.0 ** (-np.array(truth["drr_db"], dtype=np.float64) / 10.0))
    heard = 10.0 ** (np.array(truth["received_db_spl"], dtype=np.float64) / 10.0)
    ratio_db = float(db(np.sum(heard * direct_part)) - db(np.sum(heard * (1.0 - direct_part))))
    decay_s = float(np.mean((truth.get("t30_octaves_s") or {}).get(_STRONGEST_OCTAVE) or truth["t30_s"]))
    claimed_m = float(truth["distance_m"])
    expected_db = diffuse_direct_to_reverberant_db(claimed_m, size_m, decay_s) + _OVER_DIFFUSE_DB
    claimed_db = 20.0 * float(np.log10(claimed_m))
    yield Measurement(kind, source.name, claimed_db, claimed_db + expected_db - ratio_db)
