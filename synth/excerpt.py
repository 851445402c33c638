"""An excerpt of one recording: cut, mixed to mono, faded at its ends, set to a level, reversed."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from starbench.audio import Audio, decode, resample
from starbench.errors import AudioError, StimulusError
from starbench.measure.levels import db, power
from starbench.schema.base import Frozen
from starbench.storage.inputs import read_bytes
from starbench.synthesis import Stimulus

from .parameters import Finite, Positive, validate

Mono = NDArray[np.float64]


class Excerpt(Frozen):
    """Which stretch of which file, and what is done to it."""

    path: str
    digest: Annotated[str, Field(min_length=1)]
    """SHA-256 of the file, which must not have changed since the suite was planned."""
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    duration_s: Positive
    fade_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Of the raised cosine at either end."""
    level_dbfs: Annotated[Finite, Field(le=0)] | None = None
    """Root mean square of the faded excerpt, dB re full scale; None leaves the recording's own level."""
    reversed: bool = False
    rate: Annotated[int, Field(gt=0)] | None = None
    """None keeps the recording's."""


def excerpt(*, rng: np.random.Generator, **parameters: object) -> Stimulus:  # noqa: ARG001 nothing is random
    """Cut an excerpt of a recording, with faded ends, at a level, or backwards.

    The parameters are those of :class:`Excerpt`. Without fades and level it is the recording's own samples, bit for bit
    (of several channels, their mean).

    Raises a StimulusError for wrong parameters, a file that changed or cannot be read, a stretch that it does not have,
    and a level that cannot be reached: because the stretch is silent, or its peaks would be clipped.
    """
    wanted = validate(Excerpt, parameters, "excerpt")
    samples, rate = _read(wanted.path, wanted.digest, wanted.rate)
    first, n = round(wanted.start_s * rate), round(wanted.duration_s * rate)
    if first + n > samples.size:
        raise StimulusError(
            f"a recording of {samples.size / rate:.2f} s does not have {n / rate:.2f} s from {wanted.start_s:g} s"
        )
    cut = _at_level(_faded(samples[first : first + n], round(wanted.fade_s * rate)), wanted.level_dbfs)
    facts = {"start_s", "duration_s", "fade_s", "level_dbfs", "reversed"}
    truth = {
        "rate": rate,
        "total_s": n / rate,
        "channels": ["mono"],
        "excerpt": wanted.model_dump(include=facts),
    }
    return Stimulus((cut[::-1] if wanted.reversed else cut)[:, None], rate, truth)


def _faded(samples: Mono, n: int) -> Mono:
    if 2 * n > samples.size:
        raise StimulusError("the fades of an excerpt are longer than itself")
    faded = samples.copy()
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1))
    faded[:n] *= ramp
    faded[faded.size - n :] *= ramp[::-1]
    return faded


def _at_level(samples: Mono, level_dbfs: float | None) -> Mono:
    if level_dbfs is None:
        return samples
    own = float(db(float(power(samples[:, None])[0])))
    if own < -100.0:
        raise StimulusError("an excerpt is silent, and has no level to set")
    scaled = samples * 10.0 ** ((level_dbfs - own) / 20.0)
    if float(np.abs(scaled).max()) > 1.0:
        raise StimulusError(f"the peaks of an excerpt would be clipped at {level_dbfs:g} dB re full scale")
    return np.asarray(scaled)


@lru_cache(maxsize=2)
def _read(path: str, digest: str, rate: int | None) -> tuple[Mono, int]:
    """Samples of a file, its channels mixed, and their rate."""
    name = Path(path).name
    try:
        data = read_bytes(Path(path))
        if sha256(data).hexdigest() != digest:
            raise StimulusError(f"{name} changed after the suite was planned: build it again")
        audio: Audio = decode(data, is_material=True)
    except (OSError, AudioError) as error:
        raise StimulusError(f"{name} cannot be used: {error}") from error
    if rate is not None:
        audio = resample(audio, rate)
    return audio.samples.mean(axis=1, dtype=np.float64), audio.rate
