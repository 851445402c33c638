"""What each source claims of the room it sounds in: reverberation time, direct-to-reverberant ratio."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from starbench.measure.levels import Envelope, flattened
from starbench.measure.rooms import Sounding, decay_time_s, direct_to_reverberant_db
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

#: Of a tail that the background hides, s; the ratio hardly depends on it.
_USUAL_S = 0.4
#: Below this the direct sound is lost among reflections, dB.
_LEAST_DRR_DB = -12.0
#: Above this one cannot fail to find it; and more than this of a decay cannot be missed, dB.
_PLAIN_DRR_DB, _PLAIN_DECAY_DB = -5.0, 40.0
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
    kind = "T30 of octaves"
    why = obstacle(source) or (None if source.kind in _RANDOM else "harmonics beat within an octave")
    if why:
        yield Unmeasured(kind, why)
        return
    signal, until = source.truth["signal"], min(source.quiet_to_s, source.clip.seconds - _FADE_S)
    low_hz, high_hz = float(signal.get("low_hz", 0.0)), float(signal.get("high_hz", np.inf))
    for name, claims in source.truth["t30_octaves_s"].items():
        middle_hz = float(name)
        if middle_hz < max(_LEAST_OCTAVE_HZ, low_hz * _WHOLE_OCTAVE) or middle_hz * _WHOLE_OCTAVE > high_hz:
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
        elif measured is None and source.is_coloured:
            yield Unmeasured(kind, _FLUCTUATES)
        elif measured is None:
            yield Absent(kind, where, f"{claimed:.1f} dB")
        else:
            yield Measurement(kind, where, claimed, measured)
