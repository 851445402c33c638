"""Excerpts of the user's own recordings as source signals; several channels are mixed to one."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from starbench.audio import Audio, decode, resample, transform
from starbench.errors import AudioError, StimulusError
from starbench.storage.inputs import read_bytes

from .kind import SignalKind, Wave


class Recording(SignalKind):
    """An excerpt of a sound file, which must not have changed since the suite was planned."""

    reads_file: ClassVar[bool] = True
    path: str
    digest: Annotated[str, Field(min_length=1)]
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    bandwidth_hz: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Up to which frequency the excerpt has energy of its own, where that was measured; nothing depends on it."""

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:  # noqa: ARG002 nothing is random
        audio = _read_recording(self.path, self.digest, rate)
        first = round(self.start_s * rate)
        if first + n > audio.pcm.shape[0]:
            raise StimulusError(
                f"a recording of {audio.seconds:.2f} s does not have {n / rate:.2f} s from {self.start_s:g} s"
            )
        return audio.pcm[first : first + n, 0].astype(np.float64)


@lru_cache(maxsize=32)
def _read_recording(path: str, digest: str, rate: int) -> Audio:
    try:
        data = read_bytes(Path(path))
        if sha256(data).hexdigest() != digest:
            raise StimulusError(f"{Path(path).name} changed after the suite was planned: build it again")
        audio = decode(data, is_material=True)
    except (OSError, AudioError) as error:
        raise StimulusError(f"{Path(path).name} cannot be used as a source: {error}") from error
    mono = audio if audio.channels == 1 else transform(audio, "mono")
    return resample(mono, rate)
