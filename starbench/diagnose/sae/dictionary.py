"""A trained dictionary: what features a layer's activation has, and the activation that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from starbench.errors import InputError

Floats = NDArray[np.float32]

#: Activations that are computed at a time; a dictionary of ten thousand features takes 80 MB for them.
_CHUNK = 2048
#: The tensors of a BatchTopK checkpoint, named as dictionary_learning and AudioSAE do.
TENSORS = ("encoder.weight", "encoder.bias", "decoder.weight", "b_dec")


def require(*packages: str) -> None:
    """Raise :class:`InputError` if a package of the extra ``sae`` is not installed."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise InputError(
            f"sparse autoencoders need {', '.join(missing)}, not installed here: pip install 'starbench[sae]'"
        )


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Features of a layer: z = ReLU(W_e (x − b) + b_e) where it is above the threshold, x̂ = W_d z + b."""

    encoder: Floats
    """W_e, shape (features, dim)."""
    bias: Floats
    """b_e, shape (features,)."""
    decoder: Floats
    """One direction of length 1 a feature, shape (features, dim)."""
    offset: Floats
    """b, shape (dim,)."""
    k: int
    threshold: float | None
    """None: the k largest of each frame count instead."""

    @property
    def width(self) -> int:
        return len(self.decoder)

    @property
    def dim(self) -> int:
        return int(self.decoder.shape[1])

    def codes(self, frames: Floats) -> sparse.csr_array:
        """What fires how strongly on each frame, shape (frames, features); zero where a feature does not fire."""
        return sparse.csr_array(sparse.vstack([sparse.csr_array(part) for part in self._dense(frames)]))

    def _dense(self, frames: Floats) -> Iterator[Floats]:
        if frames.ndim != 2 or frames.shape[1] != self.dim:
            raise InputError(
                f"activations have shape {frames.shape}, and the dictionary reads {self.dim} features"
            )
        for start in range(0, max(len(frames), 1), _CHUNK):
            part = np.asarray(frames[start : start + _CHUNK], np.float32)
            z = np.maximum((part - self.offset) @ self.encoder.T + self.bias, 0)
            if self.threshold is None:
                below = np.argsort(z, axis=1)[:, : self.width - self.k]
                np.put_along_axis(z, below, 0, axis=1)
            else:
                z[z <= self.threshold] = 0
            yield z

    def reconstruct(self, codes: sparse.csr_array) -> Floats:
        """The activations that features make, shape (frames, dim)."""
        return np.asarray(codes @ self.decoder + self.offset, np.float32)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """As they are written to a file, by the names of :data:`TENSORS`, k and threshold."""
        arrays: dict[str, NDArray[Any]] = {
            "encoder.weight": self.encoder,
            "encoder.bias": self.bias,
            "decoder.weight": np.ascontiguousarray(self.decoder.T),
            "b_dec": self.offset,
            "k": np.asarray(self.k, np.int64),
        }
        if self.threshold is not None:
            arrays["threshold"] = np.asarray(self.threshold, np.float32)
        return arrays

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, NDArray[Any]], name: str) -> Dictionary:
        """From tensors of a file, called ``name`` in errors.

        Features are scaled so that directions have length 1: what the dictionary says of an activation does not change.
        """
        missing = [key for key in (*TENSORS, "k") if key not in tensors]
        if missing:
            raise InputError(
                f"{name} is not a BatchTopK dictionary: it has no {', '.join(missing)} (a checkpoint of AudioSAE "
                f"has {', '.join(TENSORS)} and k)"
            )
        encoder, bias, decoder, offset = (np.asarray(tensors[key], np.float32) for key in TENSORS)
        shapes = (bias.shape, decoder.T.shape, offset.shape)
        if encoder.ndim != 2 or shapes != (encoder.shape[:1], encoder.shape, encoder.shape[1:]):
            raise InputError(
                f"{name}: the shapes of its tensors do not fit each other: {encoder.shape}, {shapes}"
            )
        stated = {key: np.asarray(tensors[key]) for key in ("k", "threshold") if key in tensors}
        if any(array.size != 1 for array in stated.values()):
            raise InputError(f"{name}: {' and '.join(stated)} must be one number each: download it again")
        numbers = (encoder, bias, decoder, offset, *stated.values())
        if not encoder.size or not all(np.isfinite(array).all() for array in numbers) or not stated["k"] > 0:
            raise InputError(
                f"{name} holds no features, numbers that are not finite, or a k below 1: download it again"
            )
        k = int(stated["k"].item())
        # A negative threshold is one that training never set.
        threshold = float(stated["threshold"].item()) if stated.get("threshold", -1) >= 0 else None
        length = np.linalg.norm(decoder, axis=0)
        if np.abs(length - 1).max() > 1e-3 and threshold:
            raise InputError(
                f"{name}: its decoder's directions have no length of 1, as a threshold for all needs"
            )
        length[length == 0] = 1
        return cls(
            encoder * length[:, None] if threshold is None else encoder,
            bias * length if threshold is None else bias,
            np.ascontiguousarray((decoder / length).T),
            offset,
            min(k, len(encoder)),
            threshold,
        )
