"""Scenes as the authors' reader renders them (X-LANCE/SLAM-LLM, spatial_audio_dataset.py, 89b70be).

The first channel of each recording is resampled to 32 kHz, brought to one level, and convolved with the two-channel
response of a place in a room; two sounds are averaged. So how loud a recording was is gone, and so are differences
between the sounds of a scene; what level says of the distance is what the responses themselves carry, and they are not
brought to one level. The reader works on floating-point numbers, which may lie beyond full scale (in the authors' own
notebook by a factor of 3.7); sixteen bits would clip them, so all scenes alike are made quieter by the same factor, and
one that would still be clipped is refused.

Checked against that notebook (examples/seld_spatialsoundqa/inference.ipynb): the start of its first scene, which it
prints, correlates with ours by 1.0 in each ear; the sound that its question places on the left is louder in channel 0.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, decode, quantise
from starbench.errors import AudioError

Samples = NDArray[np.float64]

RATE = 32_000
SECONDS = 10
#: Level of each recording before it is convolved, dB re full scale (rms).
SOURCE_DBFS = -14.0
#: What all scenes are made quieter by, dB.
HEADROOM_DB = 20.0
#: Of the rendering: another where it changes.
VERSION = 1
_N_SAMPLES = RATE * SECONDS
_CHANNELS = 2
#: The first array of a .npy file may say that it is of any size.
_MOST_TAPS = 60 * RATE


@dataclass(frozen=True)
class Source:
    """A sound file and the response of the place where it sounds, as bytes."""

    recording: bytes
    response: bytes


def render(sources: tuple[Source, ...]) -> Audio:
    """The scene of one or two sources: ten seconds at 32 kHz, left ear first.

    Raises an AudioError if a file is not what it must be, or the scene would be clipped.
    """
    scene = np.mean([_at_the_ears(source) for source in sources], axis=0)
    try:
        pcm = quantise(scene.T * 10 ** (-HEADROOM_DB / 20))
    except AudioError as error:
        raise AudioError(
            f"the rendered scene cannot be written: {error} (peak {np.abs(scene).max():.1f})"
        ) from error
    return Audio(pcm, RATE)


def _at_the_ears(source: Source) -> Samples:
    from scipy.signal import fftconvolve

    recording, response = _recording(source.recording), _response(source.response)
    # What comes after ten seconds of either cannot be heard in the first ten.
    ears = fftconvolve(recording[None, :_N_SAMPLES], response[:, :_N_SAMPLES], axes=1)[:, :_N_SAMPLES]
    return np.pad(ears, ((0, 0), (0, _N_SAMPLES - ears.shape[1])))


def _recording(data: bytes) -> Samples:
    """The first channel at 32 kHz and the common level; silence stays silence."""
    from scipy.signal import resample_poly

    audio = decode(data)
    samples = audio.pcm[:, 0] / 2.0**15
    if audio.rate != RATE:
        samples = resample_poly(samples, RATE, audio.rate)
    rms = math.sqrt(float(np.mean(samples**2)))
    levelled: Samples = samples * (10 ** (SOURCE_DBFS / 20) / rms) if rms else samples
    return levelled


def _response(data: bytes) -> Samples:
    try:
        version = np.lib.format.read_magic(file := io.BytesIO(data))
        header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[
            version
        ]
        shape, _, dtype = header(file)
        if (
            len(shape) != 2
            or shape[0] != _CHANNELS
            or not 0 < shape[1] <= _MOST_TAPS
            or dtype.kind not in "fiu"
        ):
            raise AudioError(
                f"the response has the shape {shape} of {dtype}, and {_CHANNELS} rows of numbers are needed"
            )
        array: Samples = np.load(io.BytesIO(data), allow_pickle=False).astype(np.float64)
    except (ValueError, KeyError, EOFError, OSError) as error:
        raise AudioError(f"the response is not a .npy file with an array of numbers: {error}") from error
    if not np.isfinite(array).all():
        raise AudioError("the response holds a sample that is not a number")
    return array
