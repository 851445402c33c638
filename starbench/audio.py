"""Sound as it is sent: 16-bit samples at a rate; decoded, changed and encoded in one place.

What leaves for a model is always made here, from decoded samples, as a plain PCM_16 WAV without any
metadata chunk; a file's own bytes, name or tags never leave.
"""

from __future__ import annotations

import io
import math
import os
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from starbench.containers import FlacCheck, checked
from starbench.errors import AudioError, InputError
from starbench.storage.inputs import opened, read_bytes

if TYPE_CHECKING:
    from soundfile import SoundFile

Pcm = NDArray[np.int16]

#: Quantisation steps of 16 bits from zero to full scale.
FULL_SCALE = 32768
#: Longer clips are refused, s: a file of a few bytes could ask for any memory. A variable of the environment raises it.
MAX_SECONDS = 600.0
MAX_SECONDS_VARIABLE = "STARBENCH_MAX_CLIP_SECONDS"
#: Samples of all channels together for each second of that limit: stereo at 48 kHz.
_MAX_SAMPLES_A_SECOND = 2 * 48_000
#: Higher rates are a damaged header, Hz.
_MAX_RATE = 1_000_000
#: More frames than any file has stand for an unknown number.
_UNKNOWN_LENGTH = 2**62
#: Frames that are decoded at a time.
_BLOCK = 2**17
#: Level of the ``noise`` condition's clips, dB re full scale (rms); the same for every clip.
NOISE_DBFS = -30.0
_NOISE_SEED = 0x5EED


@dataclass(frozen=True, eq=False)
class Audio:
    """A clip ready to be sent: ``pcm`` of int16, shape (n, channels), read-only, at ``rate`` Hz."""

    pcm: Pcm
    rate: int

    def __post_init__(self) -> None:
        self.pcm.setflags(write=False)

    @property
    def channels(self) -> int:
        """Number of channels; of two, the first is the left ear."""
        return int(self.pcm.shape[1])

    @property
    def seconds(self) -> float:
        """Length, s."""
        return float(self.pcm.shape[0]) / self.rate

    @cached_property
    def digest(self) -> str:
        """SHA-256 of rate, channel count and samples: equal for equal sound, whatever the file format."""
        head = f"pcm16/{self.rate}/{self.channels}/".encode()
        return sha256(head + self.pcm.astype("<i2", copy=False).tobytes()).hexdigest()

    @cached_property
    def samples(self) -> NDArray[np.float32]:
        """The samples as float32, shape (n, channels), full scale = 1."""
        return self.pcm.astype(np.float32) / np.float32(FULL_SCALE)

    @cached_property
    def wav(self) -> bytes:
        """The clip as PCM_16 WAV: a RIFF header, one format chunk, one data chunk, nothing else."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as out:
            out.setnchannels(self.channels)
            out.setsampwidth(2)
            out.setframerate(self.rate)
            out.writeframes(self.pcm.astype("<i2", copy=False).tobytes())
        return buffer.getvalue()


def max_seconds() -> float:
    """Length of the longest clip that is accepted, s; raises :class:`InputError` if the environment names no number."""
    text = os.environ.get(MAX_SECONDS_VARIABLE, "")
    try:
        seconds = float(text or MAX_SECONDS)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise InputError(
            f"{MAX_SECONDS_VARIABLE}={text!r} is not a number of seconds: correct it or unset it"
        )
    return seconds


def quantise(samples: NDArray[np.floating]) -> Pcm:
    """Round samples, full scale 1, shape (n, channels), to 16 bits.

    Raises :class:`AudioError` if a sample lies beyond full scale, since clipping would change what the clip
    claims to be, or is not a number.
    """
    scaled = np.asarray(samples, dtype=np.float64) * FULL_SCALE
    np.rint(scaled, out=scaled)
    if np.isnan(scaled).any():
        raise AudioError("a sample is not a number")
    if scaled.size and (scaled.max() > FULL_SCALE - 1 or scaled.min() < -FULL_SCALE):
        # +1.0 itself has no 16-bit code; files normalised to exactly full scale are common.
        if max(scaled.max(), -scaled.min()) > FULL_SCALE:
            raise AudioError("a sample lies beyond full scale, and 16 bits would clip it")
        np.minimum(scaled, FULL_SCALE - 1, out=scaled)
    return scaled.astype(np.int16)


def decode(source: Path | bytes, *, is_material: bool = False) -> Audio:
    """Read a WAV, FLAC, Ogg or MP3 file; 16-bit files are kept bit for bit, others rounded to 16 bits.

    Of ``is_material``, which clips are made from, neither level nor length is what is asked about: what is louder than
    full scale, as codecs leave many, is made softer as a whole, and an MP3 that states no length is as long as its
    decoder finds it.

    Raises :class:`AudioError` if it is not sound in one of these, holds no samples, is cut short, is longer than ten
    minutes, or is louder than full scale; :class:`InputError` if ``STARBENCH_MAX_CLIP_SECONDS`` is not a number.
    """
    with _opened(source) as (file, check):
        pcm = _decoded_material(file) if is_material and not check else _decoded(file, check)
        return Audio(pcm, int(file.samplerate))


def _decoded_material(file: SoundFile) -> Pcm:
    """All samples, however many a codec has, below full scale."""
    is_mp3 = file.format == "MP3"  # without a header of its encoder, its length is a guess
    most = int(max_seconds() * file.samplerate) if is_mp3 else file.frames
    blocks: list[NDArray[np.float64]] = []
    n = 0
    while n < most and len(block := file.read(min(_BLOCK, most - n), dtype="float64", always_2d=True)):
        blocks.append(block)
        n += len(block)
    if not n or (n < file.frames and not is_mp3):
        raise AudioError(f"is cut short: {n} of {file.frames} frames")
    samples = np.concatenate(blocks)
    peak = float(np.abs(samples).max())
    return quantise(samples / peak if peak > 1.0 else samples)


def _decoded(file: SoundFile, check: FlacCheck | None) -> Pcm:
    """All samples, decoded in blocks, so that no more than them is ever in memory."""
    pcm = np.empty((file.frames, file.channels), np.int16)
    is_16_bit, n = file.subtype == "PCM_16", 0
    dtype = "int32" if check else "int16" if is_16_bit else "float64"
    while n < len(pcm) and len(block := file.read(min(_BLOCK, len(pcm) - n), dtype=dtype, always_2d=True)):
        place = pcm[n : n + len(block)]
        if check:
            check.add(block)
            place[:] = block >> 16 if is_16_bit else quantise(block / 2.0**31)
        else:
            place[:] = block if is_16_bit else quantise(block)
        n += len(block)
    if n < len(pcm):
        raise AudioError(f"is cut short: {n} of {len(pcm)} frames")
    if check:
        check.finish()
    return pcm


def read_header(path: Path) -> tuple[int, int, float]:
    """Channels, rate in Hz and length in s, as a sound file states them; its samples are not read.

    Raises :class:`AudioError` as :func:`decode`, as far as the header shows it.
    """
    with _opened(path) as (file, _):
        return file.channels, int(file.samplerate), file.frames / file.samplerate


@contextmanager
def _opened(source: Path | bytes) -> Iterator[tuple[SoundFile, FlacCheck | None]]:
    """A sound file whose header is in order; whatever fails while it is read is an error that names the file."""
    import soundfile

    name = source.name if isinstance(source, Path) else "clip"
    try:
        with (
            opened(source) if isinstance(source, Path) else io.BytesIO(source) as raw,
            soundfile.SoundFile(raw.fileno() if isinstance(source, Path) else raw, closefd=False) as file,
        ):
            _refuse_beyond_limits(file)
            # soundfile seeks after every block of a file that it can seek in, and an MP3 sounds different then.
            file.seekable = lambda: False
            yield file, checked(file, lambda: read_bytes(source) if isinstance(source, Path) else source)
    except AudioError as error:
        raise AudioError(f"{name}: {error}") from error
    # A header can ask for any memory.
    except (soundfile.SoundFileError, OSError, MemoryError) as error:
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or error
        raise AudioError(f"{name} cannot be read as sound: {reason}") from error


def _refuse_beyond_limits(file: SoundFile) -> None:
    limit = max_seconds()
    if not file.frames:
        raise AudioError("holds no samples")
    if file.frames > _UNKNOWN_LENGTH:
        raise AudioError("does not state its length: encode it again")
    if file.samplerate > _MAX_RATE:
        raise AudioError(f"states a rate of {file.samplerate} Hz, and {_MAX_RATE} Hz is the highest")
    if file.frames > limit * file.samplerate:
        raise AudioError(
            f"is longer than {limit:g} s: shorten it, or set {MAX_SECONDS_VARIABLE} to more seconds"
        )
    if file.frames * file.channels > limit * _MAX_SAMPLES_A_SECOND:
        raise AudioError(
            f"holds more samples than {limit:g} s of stereo at 48 kHz: shorten it, or set "
            f"{MAX_SECONDS_VARIABLE} to more seconds"
        )


def resample(audio: Audio, rate: int) -> Audio:
    """Change the sample rate (soxr, very high quality).

    The few peaks that the filter lifts over full scale are limited to it, as every resampler does.
    """
    if rate == audio.rate:
        return audio
    import soxr

    samples = audio.pcm.astype(np.float64)
    samples /= FULL_SCALE
    resampled = soxr.resample(samples, audio.rate, rate, quality="VHQ")
    return Audio(quantise(np.clip(resampled, -1.0, 1.0, out=resampled)), rate)


def silence(seconds: float, rate: int) -> Audio:
    """One channel of zeros."""
    return Audio(np.zeros((round(seconds * rate), 1), np.int16), rate)


#: Which of two channels stand where, by what a condition asks.
_EARS = {"left": [0], "right": [1], "swap": [1, 0], "left-ear": [0, 0], "right-ear": [1, 1]}


def transform(audio: Audio, how: str) -> Audio:
    """Do to a clip what a condition asks: one of the names of :data:`starbench.schema.trial.Transform`.

    ``mono`` is the plain mean of the channels; ``silence`` and ``noise`` keep length, rate and
    channel count, and the noise is the same in every channel and every clip of one length. Raises
    :class:`AudioError` if anything else is asked of a clip that has not two channels: one of them alone
    (``left``, ``right``), one in both (``left-ear``, ``right-ear``), or both exchanged (``swap``).
    """
    if how == "native":
        return audio
    if how == "mono":
        return Audio(np.rint(audio.pcm.mean(axis=1, keepdims=True)).astype(np.int16), audio.rate)
    if how == "silence":
        return Audio(np.zeros_like(audio.pcm), audio.rate)
    if how == "noise":
        noise = np.random.default_rng(_NOISE_SEED).standard_normal((audio.pcm.shape[0], 1))
        pcm = quantise(np.clip(noise * 10 ** (NOISE_DBFS / 20), -1.0, 1.0))
        return Audio(np.repeat(pcm, audio.channels, axis=1), audio.rate)
    if audio.channels != 2:
        raise AudioError(f"{how!r} needs two channels, and the clip has {audio.channels}")
    return Audio(np.ascontiguousarray(audio.pcm[:, _EARS[how]]), audio.rate)


def join(audios: Sequence[Audio], gap_s: float) -> Audio:
    """One clip of several, in order, with ``gap_s`` seconds of zeros between; at the highest rate among them.

    Raises :class:`AudioError` if their channel counts differ.
    """
    rate = max(audio.rate for audio in audios)
    if len({audio.channels for audio in audios}) > 1:
        raise AudioError("clips of different channel counts cannot be joined into one")
    gap = np.zeros((round(gap_s * rate), audios[0].channels), np.int16)
    pieces = [piece for audio in audios for piece in (gap, resample(audio, rate).pcm)]
    return Audio(np.concatenate(pieces[1:]), rate)
