"""From the activations of layers to features of clips, in three ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.models.encoder import NamedEncoder

#: Mean, standard deviation and largest value over frames: of all, of those in the time in which a sound can be, and of
#: all by how far each is from the first, which is silent; so that they do not depend on how long the sound is.
POOLINGS = ("clip", "event", "active")
#: The longest sound that the event window has room for, s. It does not depend on the sound's own duration, which
#: would be given away.
EVENT_S = 0.95

#: Layer -> pooling -> features of shape (clips, features).
Features = Mapping[str, Mapping[str, NDArray[np.float32]]]


def features_of(
    encoder: NamedEncoder,
    clips: Sequence[Audio],
    onsets_s: Iterable[float],
    on_clip: Callable[[], None] = lambda: None,
) -> Features:
    """Pooled activations of every layer for every clip.

    Raises :class:`PluginError` if the encoder fails, or its layers are not the same, and equally wide, for every clip.
    """
    pooled: dict[str, list[NDArray[np.float32]]] = {}
    for clip, onset_s in zip(clips, onsets_s, strict=True):
        layers = encoder.layers(clip)
        if pooled and layers.keys() != pooled.keys():
            raise encoder.fault(
                f"it gave the layers {', '.join(map(repr, pooled))} for one clip, and {', '.join(map(repr, layers))} "
                "for another"
            )
        for name, frames in layers.items():
            rows = pooled.setdefault(name, [])
            rows.append(_pool(frames.astype(np.float64), clip.seconds, onset_s))
            if rows[-1].shape != rows[0].shape:
                raise encoder.fault(f"layer {name!r} is not equally wide for every clip")
        on_clip()
    features: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, rows in pooled.items():
        array = np.stack(rows)
        features[name] = {pooling: array[:, place] for place, pooling in enumerate(POOLINGS)}
    return features


def joined(*parts: Features) -> Features:
    """The layers of several."""
    return {name: poolings for part in parts for name, poolings in part.items()}


def _pool(frames: NDArray[np.float64], seconds: float, onset_s: float) -> NDArray[np.float32]:
    """Features of one layer, shape (poolings, 3 · width)."""
    # Frames are evenly spaced over the clip, whatever their rate is.
    first = min(int(onset_s / seconds * len(frames)), len(frames) - 1)
    last = max(int(np.ceil((onset_s + EVENT_S) / seconds * len(frames))), first + 1)
    even = np.ones(len(frames))
    activity = np.square(frames - frames[0]).sum(axis=1)
    active = activity if activity.any() else even
    parts = ((frames, even), (frames[first:last], even[first:last]), (frames, active))
    return np.stack([_statistics(*part) for part in parts]).astype(np.float32)


def _statistics(frames: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = weights / weights.sum()
    mean = weights @ frames
    variance = weights @ np.square(frames - mean)
    return np.concatenate([mean, np.sqrt(variance), frames.max(axis=0)])
