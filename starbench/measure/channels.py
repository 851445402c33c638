"""What the channels of a clip hold of space: nothing, levels alone, or time differences as well.

Sounds that are only panned have no time difference: whatever their number, their spectra, and however loud each is
in either channel, the cross-spectrum of two channels is real on average, since what one sound adds is real and
what two sounds add has a phase that is as often positive as negative. A delay turns it. So in every cell (a
frequency, and about a second) the imaginary parts of the frames are summed and divided by the root of the sum of
their squares. By chance the square of that is 1 on average, and beyond ``t²`` with a probability of at most
``2 exp(-t²/2)``, however the frames' levels vary (Hoeffding 1963, J. Am. Stat. Assoc. 58:13); with a delay it grows
with the number of frames. A delay of more than half a frame is not found. Noise of a codec or of rounding has no
preferred sign either.

First-order ambisonics is known by its energies: X² + Y² + Z² = W² (SN3D) for a plane wave from anywhere, and for a
diffuse field as well; FuMa has W 3 dB lower. Four equal independent channels have three times W², and so has N3D,
which is therefore not recognised. A four-channel pan can meet the rule by accident: *consistent with*, no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Samples = NDArray[np.floating]
Layout = Literal[
    "silence", "mono", "dual mono", "one channel silent", "level-only stereo", "time and level", "FOA", "other"
]  # fmt: skip

#: One step of 16 bits. Two channels are equal that differ by no more (rms): rounding leaves 0.41 of a step between
#: equal channels, rounding with triangular dither 0.71.
_STEP = 1.0 / 32768.0
#: No sample of a silent channel is larger: such dither alone reaches one step.
_SILENT = 1.5 * _STEP
#: Channels are equal too if they differ by this much less than they hold, dB, as a codec may leave it: a difference
#: of level of 0.009 dB or of 0.3 µs at 500 Hz, of which nobody hears a thirtieth part.
_EQUAL_DB = -60.0
#: Equality is asked of each of these stretches, s.
_STRETCH_S = 0.1
#: Frames last this long, s, half overlapping; shorter in a clip that would not have :data:`_FRAMES` of them.
_FRAME_S, _FRAMES = 0.04, 64
#: A cell counts if both channels are this close to its strongest one, dB, and clear of rounding by this factor.
_FAINTEST_DB, _CLEAR = -60.0, 10.0
#: On average over n cells, more than ``1 + max(_MORE, _SPREAD / sqrt(n))`` is a time difference: of 300 random mixes
#: of panned tones, noises and bursts none but one had more than 1.26 or ``1 + 9 / sqrt(n)``. So is a single cell that
#: chance gives to one clip in a million.
_MORE, _SPREAD, _CHANCE = 0.3, 12.0, 1e-6
#: Smallest difference that counts: half of what people hear at best, 10 µs, where they hear it best, s and Hz.
_LEAST_S, _BEST_HZ = 5e-6, 700.0
#: Cells of which so much is beyond chance show how large a difference is; this share of them may be smaller than
#: what counts, since a sound straight ahead has none.
_SURE, _SMALLER = 8.0, 0.8
#: Energy of X, Y and Z against W, dB: 0 (SN3D) to 3 (FuMa), less in a room, where pressure and velocity part
#: (-1.0 to -3.2 in one of 0.4 s, medians), and what microphones add; how far a clip may stray
#: from its own median, dB, for so large a share of the stretches.
_FOA_DB, _FOA_STRAY_DB, _FOA_SHARE = (-4.0, 4.0), 3.0, 0.8
_FOA_STRETCH_S = 0.5


class _Cells(NamedTuple):
    """By cell: ``chance``, t² as above; the frequency, Hz; the size of the phase difference, radians (π is 0)."""

    chance: NDArray[np.float64]
    hz: NDArray[np.float64]
    phase: NDArray[np.float64]


def layout(samples: Samples, rate: int) -> Layout:
    """Which layout a clip has, from its samples alone: shape (n, channels), full scale = 1.

    ``other`` is any number of channels without a name of its own. Two channels of one sound in opposite polarity
    are ``level-only stereo``: that is a level of -1.
    """
    is_silent = np.maximum(samples.max(axis=0, initial=0.0), -samples.min(axis=0, initial=0.0)) <= _SILENT
    if is_silent.all():
        return "silence"
    if samples.shape[1] == 1:
        return "mono"
    if samples.shape[1] == 2:
        return _of_two(samples, rate, is_one_silent=bool(is_silent.any()))
    return "FOA" if samples.shape[1] == 4 and _is_foa(samples, rate) else "other"


def _of_two(samples: Samples, rate: int, *, is_one_silent: bool) -> Layout:
    if is_one_silent:
        return "one channel silent"
    stretches = _energies(samples, round(_STRETCH_S * rate))
    limit = np.maximum(_STEP**2, 10.0 ** (_EQUAL_DB / 10.0) * stretches[:, :2].mean(axis=1))
    if np.all(stretches[:, 2] <= limit):
        return "dual mono"
    return "time and level" if _has_time_difference(_cells(samples, rate)) else "level-only stereo"


def _energies(samples: Samples, n: int) -> NDArray[np.float64]:
    """Mean squares of the channels, and of the first two's difference, by stretches of ``n`` samples."""
    rows = []
    for start in range(0, len(samples), n):
        part = np.asarray(samples[start : start + n], dtype=np.float64)
        rows.append([*np.mean(part**2, axis=0), np.mean((part[:, 0] - part[:, 1]) ** 2)])
    return np.array(rows)


def _is_foa(samples: Samples, rate: int) -> bool:
    energy = _energies(samples, round(_FOA_STRETCH_S * rate))[:, :4]
    whole = energy.sum(axis=1)
    energy = energy[whole > max(4.0 * _STEP**2, 1e-4 * whole.max())]
    if not energy.size or np.any(energy[:, 0] <= _STEP**2):
        return False
    ratio = 10.0 * np.log10(np.maximum(energy[:, 1:].sum(axis=1) / energy[:, 0], 1e-9))
    low, high = _FOA_DB
    middle = float(np.median(ratio))
    return low <= middle <= high and np.mean(np.abs(ratio - middle) <= _FOA_STRAY_DB) >= _FOA_SHARE


def _has_time_difference(cells: _Cells) -> bool:
    n = cells.chance.size
    if not n:
        return False
    is_usual = cells.chance.mean() <= 1.0 + max(_MORE, _SPREAD / np.sqrt(n))
    if is_usual and cells.chance.max() <= 2.0 * np.log(2.0 * n / _CHANCE):
        return False
    limit = 2.0 * np.pi * _LEAST_S * np.maximum(cells.hz, _BEST_HZ)
    sure = cells.chance >= min(_SURE, cells.chance.max())
    return bool(np.quantile(cells.phase[sure] / limit[sure], _SMALLER) >= 1.0)


def _cells(samples: Samples, rate: int) -> _Cells:
    size = _frame_length(len(samples), rate)
    hz = np.arange(size // 2 + 1) * (rate / size)
    # A Hann window's power, and that of rounding in both channels, as a frame's spectrum has it.
    floor = _CLEAR * (3.0 / 8.0 * size) * _STEP**2 / 12.0
    columns: list[list[NDArray[np.float64]]] = [[], [], [], []]
    for cross, weaker in _blocks(samples, size):
        size_of_sum = np.sqrt(np.sum(cross.imag**2, axis=0))
        total = cross.sum(axis=0)
        chance = (total.imag / np.maximum(size_of_sum, 1e-300)) ** 2
        phase = np.arctan2(np.abs(total.imag), np.abs(total.real))
        for column, values in zip(columns, (chance, hz, phase, weaker), strict=True):
            column.append(values[1:-1])
    chance, frequency, phase, weaker = (np.concatenate(column) for column in columns)
    is_heard = weaker > max(floor, 10.0 ** (_FAINTEST_DB / 10.0) * weaker.max())
    return _Cells(chance[is_heard], frequency[is_heard], phase[is_heard])


def _frame_length(n: int, rate: int) -> int:
    """Samples of a frame, a power of two."""
    longest = min(_FRAME_S * rate, 2.0 * n / _FRAMES)
    return max(32, 1 << round(float(np.log2(max(1.0, longest)))))


def _blocks(samples: Samples, size: int) -> Iterator[tuple[NDArray[np.complex128], NDArray[np.float64]]]:
    """Cross-spectra of the frames of about a second at a time, (frames, lines), and the weaker channel's mean power.

    Frames begin a little early or late, so that the beat of two steady tones has no fixed phase at their beginnings.
    """
    step, window = size // 2, np.hanning(size + 1)[:size, None]
    jitter = np.random.default_rng(0)
    last = max(0, len(samples) - size)
    starts = np.clip(
        np.arange(0, last + 1, step) + jitter.integers(-step // 4, step // 4 + 1, last // step + 1), 0, last
    )
    for block in np.array_split(starts, max(1, len(starts) // _FRAMES)):
        frames = np.stack([_frame(samples, start, size) for start in block])
        left, right = np.moveaxis(fft.rfft(frames * window, axis=1), -1, 0)
        power = np.minimum(np.mean(np.abs(left) ** 2, axis=0), np.mean(np.abs(right) ** 2, axis=0))
        yield left * np.conj(right), power


def _frame(samples: Samples, start: int, size: int) -> NDArray[np.float64]:
    part = np.asarray(samples[start : start + size], dtype=np.float64)
    return part if len(part) == size else np.pad(part, ((0, size - len(part)), (0, 0)))
