"""A recording in first-order ambisonics, heard by a head: the synthesizer ``foa-to-binaural``."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from starbench.audio import Audio, decode
from starbench.errors import AudioError, StimulusError
from starbench.schema.base import Frozen
from starbench.storage.inputs import read_bytes
from starbench.synthesis import Stimulus

from .ambisonics import CHANNELS
from .foa_decoder import FRAME_S, decode_foa
from .heads.loading import load
from .parameters import Finite, Positive, validate


class _Excerpt(Frozen):
    """Which sound file (its bytes by their SHA-256), which part of it, whose ears, and how loud."""

    path: str
    digest: Annotated[str, Field(min_length=1)]
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    duration_s: Positive | None = None
    head: str | None = None
    gain_db: Finite = -12.0


def foa_to_binaural(*, rng: np.random.Generator, **parameters: Any) -> Stimulus:  # noqa: ARG001 nothing is random
    """Decode an excerpt of a file of four channels W, Y, Z, X (ACN, SN3D), at its own rate.

    Parameters
    ----------
    rng : numpy.random.Generator
        Not used.
    **parameters
        ``path`` and ``digest`` (SHA-256) of the file; ``start_s`` and ``duration_s`` of the excerpt, default: all of
        it; ``head``, as in a scene; ``gain_db``: the near ear is louder than W, so all is made softer.

    Returns
    -------
    Stimulus
        Samples of shape (n, 2), left ear first. Truth: the decoder, the head and the gain.

    Raises
    ------
    StimulusError
        If the file is not what it must be or too short, or the head cannot be used.
    """
    excerpt = validate(_Excerpt, parameters, "foa-to-binaural")
    audio = _read(excerpt.path, excerpt.digest)
    first = round(excerpt.start_s * audio.rate)
    stop = len(audio.pcm) if excerpt.duration_s is None else first + round(excerpt.duration_s * audio.rate)
    if not first < stop <= len(audio.pcm):
        raise StimulusError(f"{Path(excerpt.path).name} lasts {audio.seconds:.2f} s, and more is asked for")
    head = load(excerpt.head, audio.rate)
    samples = decode_foa(audio.samples[first:stop].astype(np.float64), head) * 10.0 ** (
        excerpt.gain_db / 20.0
    )
    truth = {
        "format": "binaural",
        "channels": ["left", "right"],
        "decoder": {
            "from": "first-order ambisonics (ACN, SN3D)",
            "plane_wave": "by the head's filters for the direction of the intensity vector",
            "rest": "by least squares over all directions, with the head's diffuse-field power",
            "frame_s": FRAME_S,
        },
        "head": {"name": head.name, "digest": head.digest},
        "gain_db": excerpt.gain_db,
    }
    return Stimulus(samples, audio.rate, truth)


@lru_cache(maxsize=4)
def _read(path: str, digest: str) -> Audio:
    name = Path(path).name
    try:
        data = read_bytes(Path(path))
        if sha256(data).hexdigest() != digest:
            raise StimulusError(f"{name} changed since it was chosen: choose it again")
        audio = decode(data)
    except (OSError, AudioError) as error:
        raise StimulusError(f"{name} cannot be decoded: {error}") from error
    if audio.channels != len(CHANNELS):
        raise StimulusError(f"{name} has {audio.channels} channel(s), and first-order ambisonics has 4")
    return audio
