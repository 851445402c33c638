"""Weights that come inside a Python package, found without importing it; and sound as these networks take it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, quantise, resample
from starbench.errors import InputError
from starbench.plugins.extras import needed

RATE_HZ = 16_000


def weights_path(package: str, distribution: str, *parts: str) -> Path:
    """Path of a file of an installed package, which is not imported.

    Raises :class:`InputError`, with what to install, if there is none.
    """
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, *parts)
        if path.is_file():
            return path
    lacks = f"lacks {'/'.join(parts)}" if spec else "is not installed"
    raise InputError(f"package {distribution}, which holds the weights, {lacks}: pip install {distribution}")


def torch_module() -> Any:
    """The module ``torch``; :class:`InputError` if it is not installed."""
    return needed("torch", "this encoder needs torch, not installed here: pip install 'starbench[local]'")


def mono(audio: Audio) -> NDArray[np.float32]:
    """The mean of the channels at 16 kHz, shape (n,)."""
    return np.asarray(resample(audio, RATE_HZ).samples.mean(axis=1), np.float32)


def as_audio(samples: NDArray[np.floating], peak: float | None = None) -> Audio:
    """One channel at 16 kHz as a clip; with ``peak``, of samples that may be beyond full scale, by this much."""
    scaled = np.asarray(samples, dtype=np.float64) / (peak or 1.0)
    return Audio(quantise(np.clip(scaled, -1.0, 1.0)[:, np.newaxis]), RATE_HZ)
