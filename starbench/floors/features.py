"""What is measured of each sound of an item: level, spectrum, envelope and decay of each view, and between the ears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.floors.sounds import Sound
from starbench.floors.spectrogram import VIEWS, Powers, band_powers, frame_at, frames
from starbench.measure.levels import db

Array = NDArray[np.float64]

#: Parts of a sound's envelope.
_PARTS = 12
#: Windows after a sound's end in which its decay is measured, s.
_DECAY_S = ((0.0, 0.03), (0.03, 0.06), (0.06, 0.1), (0.1, 0.15), (0.15, 0.25))
#: Windows after its beginning, s.
_ONSET_S = ((0.0, 0.02), (0.02, 0.05), (0.05, 0.1))
#: Shares of short frames whose level is below the stated one: how deep a reverberant sound's dips are.
_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Power far below the dither of 16 bits in any band.
_QUIET = 1e-13


@dataclass(frozen=True, eq=False)
class SoundFeatures:
    """Features of one sound by view, in dB.

    ``level`` has shape (1,), ``spectrum`` (fine bands,) without its mean, ``envelope`` (parts, 1 + coarse bands) re
    level: all bands together, then each. ``fine`` (windows and shares, coarse bands) is what reverberation changes:
    levels after beginning and end, and dips, re each band's own. ``interaural`` is between the ears over the whole
    sound, ``interaural_course`` (parts, …) over time. ``log_seconds`` is log2 of the sound's duration.
    """

    level: dict[str, Array]
    spectrum: dict[str, Array]
    envelope: dict[str, Array]
    fine: dict[str, Array]
    interaural: Array
    interaural_course: Array
    log_seconds: float


def sound_features(clips: Sequence[Audio], sounds: Sequence[Sound]) -> tuple[SoundFeatures, ...]:
    """Features of every sound of an item; a clip of one channel is heard by both ears."""
    stereo = [_two_channels(clip) for clip in clips]
    over_time = [frames(samples, clip.rate) for samples, clip in zip(stereo, clips, strict=True)]
    return tuple(
        _features(stereo[sound.clip], clips[sound.clip].rate, over_time[sound.clip], sound, _limit(sounds, n))
        for n, sound in enumerate(sounds)
    )


def _two_channels(clip: Audio) -> NDArray[np.float32]:
    samples = clip.samples
    return samples[:, :2] if samples.shape[1] > 1 else np.repeat(samples, 2, axis=1)


def _limit(sounds: Sequence[Sound], n: int) -> float:
    """When the decay of a sound must have ended, because the next begins."""
    later = [one.start_s for one in sounds[n + 1 :] if one.clip == sounds[n].clip]
    return min(later, default=np.inf)


def _features(
    samples: NDArray[np.float32], rate: int, over_time: Powers, sound: Sound, limit_s: float
) -> SoundFeatures:
    start, stop = round(sound.start_s * rate), round(sound.stop_s * rate)
    fine_bands = band_powers(samples[start : max(stop, start + 16)], rate)
    level, spectrum, envelope, fine = {}, {}, {}, {}
    for view in VIEWS:
        bands = db(fine_bands.view(view) + _QUIET)
        total = db(fine_bands.view(view).sum() + _QUIET)
        level[view] = np.atleast_1d(total)
        spectrum[view] = bands - bands.mean()
        power = np.maximum(over_time.view(view), 0.0) + _QUIET
        envelope[view] = _course(power, sound) - total
        fine[view] = np.concatenate([_edges(power, sound, limit_s), _dips(power, sound)])
    parts = _split(sound, len(over_time.left))
    course = Powers(*(_sums(over_time, name, parts) for name in ("left", "right", "cross")))  # type: ignore[arg-type]
    return SoundFeatures(
        level,
        spectrum,
        envelope,
        fine,
        fine_bands.interaural(),
        course.interaural(),
        float(np.log2(max(sound.stop_s - sound.start_s, 1e-3))),
    )


def _split(sound: Sound, count: int) -> NDArray[np.intp]:
    first = min(frame_at(sound.start_s), count - 2)
    last = max(min(frame_at(sound.stop_s), count - 1), first + 1)
    return np.clip(np.linspace(first, last, _PARTS + 1).astype(np.intp), 0, count - 1)


def _sums(over_time: Powers, name: str, parts: NDArray[np.intp]) -> NDArray[np.generic]:
    return np.add.reduceat(getattr(over_time, name), parts, axis=0)[:-1]


def _course(power: Array, sound: Sound) -> Array:
    """Level in parts of equal duration, dB: of all bands together, and of each; shape (parts, 1 + bands)."""
    edges = _split(sound, len(power))
    parts = np.stack([power[a : max(b, a + 1)].mean(axis=0) for a, b in pairwise(edges)])
    return np.concatenate([db(parts.sum(axis=1, keepdims=True)), db(parts)], axis=1)


def _edges(power: Array, sound: Sound, limit_s: float) -> Array:
    """Levels by band just after the sound's beginning and end, re its own, dB; shape (windows, bands)."""
    start, stop = frame_at(sound.start_s), frame_at(sound.stop_s)
    own = db(power[start : max(stop, start + 1)].mean(axis=0))
    rows = [_window(power, sound.start_s + a, sound.start_s + b) for a, b in _ONSET_S]
    last = [own]
    for a, b in _DECAY_S:
        if sound.stop_s + b <= min(limit_s, len(power) * 0.005):
            last.append(_window(power, sound.stop_s + a, sound.stop_s + b))
        else:
            last.append(last[-1])
    return np.stack([*rows, *last[1:]]) - own


def _window(power: Array, start_s: float, stop_s: float) -> Array:
    first = min(frame_at(start_s), len(power) - 1)
    return db(power[first : max(frame_at(stop_s), first + 1)].mean(axis=0))


def _dips(power: Array, sound: Sound) -> Array:
    """Levels that shares of the frames stay below, by band, re the mean, dB; shape (shares, bands)."""
    first = min(frame_at(sound.start_s + 0.03), len(power) - 1)
    inside = power[first : max(frame_at(sound.stop_s - 0.02), first + 1)]
    return np.quantile(db(inside), _SHARES, axis=0) - db(inside.mean(axis=0))
