"""Sound as it is sent: 16-bit samples at a rate; decoded, changed and encoded in one place.

What leaves for a model is always made here, from decoded samples, as a plain PCM_16 WAV without any
metadata chunk; a file's own bytes, name or tags never leave.
"""

from __future__ import annotations

import io
import re
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

from starbench.errors import AudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

Pcm = NDArray[np.int16]

#: Quantisation steps of 16 bits from zero to full scale.
FULL_SCALE = 32768
#: Longer clips are refused: no item needs them, and a hostile file could ask for any memory.
MAX_SECONDS = 3600.0
#: Samples of all channels together: an hour of stereo at 48 kHz.
MAX_SAMPLES = 2 * 48_000 * 3600
#: Level of the ``noise`` condition's clips, dB re full scale (rms); the same for every clip.
NOISE_DBFS = -30.0
_NOISE_SEED = 0x5EED
#: A WAV that claims more data than it has; libsndfile corrects that silently and says so in its log.
_CUT_WAV = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
#: Claims from here on are placeholders of programs that wrote to a pipe, bytes.
_PLACEHOLDER = 2**31 - 2**16


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


def quantise(samples: NDArray[np.floating]) -> Pcm:
    """Round samples, full scale 1, shape (n, channels), to 16 bits.

    Raises :class:`AudioError` if a sample lies beyond full scale, since clipping would change what the clip
    claims to be, or is not a number.
    """
    scaled = np.rint(np.asarray(samples, dtype=np.float64) * FULL_SCALE)
    if np.isnan(scaled).any():
        raise AudioError("a sample is not a number")
    if scaled.size and (scaled.max() > FULL_SCALE - 1 or scaled.min() < -FULL_SCALE):
        # +1.0 itself has no 16-bit code; files normalised to exactly full scale are common.
        if np.abs(scaled).max() > FULL_SCALE:
            raise AudioError("a sample lies beyond full scale, and 16 bits would clip it")
        scaled = np.minimum(scaled, FULL_SCALE - 1)
    return scaled.astype(np.int16)


def decode(source: Path | bytes) -> Audio:
    """Read a sound file; 16-bit files are kept bit for bit, others rounded to 16 bits.

    Raises :class:`AudioError` if it is not sound, holds no samples, is cut short, is longer than an hour, or is
    louder than full scale.
    """
    name = _name(source)
    with _opened(source) as file:
        dtype = "int16" if file.subtype == "PCM_16" else "float64"
        samples = file.read(dtype=dtype, always_2d=True)
        if samples.shape[0] < file.frames:
            raise AudioError(f"{name} is cut short: {samples.shape[0]} of {file.frames} frames")
        try:
            return Audio(samples if dtype == "int16" else quantise(samples), int(file.samplerate))
        except AudioError as error:
            raise AudioError(f"{name}: {error}") from error


def read_header(path: Path) -> tuple[int, int, float]:
    """Channels, rate in Hz and length in s, as a sound file states them; its samples are not read.

    Raises :class:`AudioError` as :func:`decode`, as far as the header shows it.
    """
    with _opened(path) as file:
        return file.channels, int(file.samplerate), file.frames / file.samplerate


@contextmanager
def _opened(source: Path | bytes) -> Iterator[SoundFile]:
    """A sound file whose header is in order; what fails while it is read is an :class:`AudioError`."""
    import soundfile

    name = _name(source)
    try:
        with soundfile.SoundFile(source if isinstance(source, Path) else io.BytesIO(source)) as file:
            if file.frames > MAX_SECONDS * file.samplerate:
                raise AudioError(f"{name} is longer than {MAX_SECONDS:.0f} s")
            if file.frames * file.channels > MAX_SAMPLES:
                raise AudioError(f"{name} holds more than {MAX_SAMPLES} samples")
            if not file.frames:
                raise AudioError(f"{name} holds no samples")
            cut = _CUT_WAV.search(file.extra_info)
            if cut and int(cut[1]) < _PLACEHOLDER:
                raise AudioError(f"{name} is cut short: {cut[2]} of {cut[1]} bytes")
            yield file
    # A header can ask for any memory, and a name ending in .raw for a rate (TypeError).
    except (soundfile.SoundFileError, OSError, MemoryError, TypeError) as error:
        raise AudioError(f"{name} cannot be read as sound: {error}") from error


def _name(source: Path | bytes) -> str:
    return source.name if isinstance(source, Path) else "clip"


def resample(audio: Audio, rate: int) -> Audio:
    """Change the sample rate (soxr, very high quality).

    The few peaks that the filter lifts over full scale are limited to it, as every resampler does.
    """
    if rate == audio.rate:
        return audio
    import soxr

    resampled = soxr.resample(audio.pcm.astype(np.float64) / FULL_SCALE, audio.rate, rate, quality="VHQ")
    return Audio(quantise(np.clip(resampled, -1.0, 1.0)), rate)


def silence(seconds: float, rate: int) -> Audio:
    """One channel of zeros."""
    return Audio(np.zeros((round(seconds * rate), 1), np.int16), rate)


def transform(audio: Audio, how: str) -> Audio:
    """Do to a clip what a condition asks: one of the names of :data:`starbench.schema.trial.Transform`.

    ``mono`` is the plain mean of the channels; ``silence`` and ``noise`` keep length, rate and
    channel count, and the noise is the same in every channel and every clip of one length. Raises
    :class:`AudioError` if ``left``, ``right`` or ``swap`` is asked of a clip that has not two channels.
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
    ears = {"left": slice(0, 1), "right": slice(1, 2), "swap": slice(None, None, -1)}
    return Audio(np.ascontiguousarray(audio.pcm[:, ears[how]]), audio.rate)


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
