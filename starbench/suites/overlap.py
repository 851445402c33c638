"""What two suites share: the same sounds, questions, draws or recordings, and sounds that are nearly the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import resample
from starbench.schema import Item
from starbench.schema.overlap import AlikeClips, Overlap, SharedSource
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite

Floats = NDArray[np.float32]

#: Rate at which clips are compared, and the bands of their spectra, 0.12 Hz wide.
_RATE_HZ, _BANDS = 8_000, 32_768
#: Clips that are less alike are no copies: one in noise of 10 dB has 0.95, one of which a fifth is cut off 0.9, and
#: noises of two draws 0.1 (but their spectra 0.79, which is why no less is asked for).
_COPIES = 0.85
#: Rounding of the spectra.
_MARGIN = 0.005
#: The energy of a tone lies in fewer bands than this; two draws of one design may agree in it.
_FEW_BANDS = 16.0
#: Spectra that are multiplied at a time.
_CHUNK = 512


def overlap(suite: Suite, other: Suite) -> Overlap:
    """Find what two suites share. Sounds that only resemble each other are looked for among all pairs of clips."""
    ours, theirs = _by_clip(suite), _by_clip(other)
    return Overlap(
        suite=suite.name,
        other=other.name,
        n_items=len(suite.items),
        n_items_of_other=len(other.items),
        clips=_shared(ours, theirs),
        items=_same_items(suite, other),
        recipes=_same_draws(suite, other),
        recordings=_shared(_by_recording(suite), _by_recording(other)),
        alike=tuple(_alike(suite, other)),
        n_same_wording=len(set(map(_wording, suite.items)) & set(map(_wording, other.items))),
    )


def recordings(item: Item) -> set[str]:
    """Digests of the recordings that an item's sounds were made from, as its truth states them."""

    def excerpts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            is_excerpt = value.get("kind") == "recording" or "start_s" in value
            if is_excerpt and isinstance(value.get("digest"), str):
                yield value["digest"]
            value = [*value.values()]
        if isinstance(value, list | tuple):
            for part in value:
                yield from excerpts(part)

    stated = item.truth.get("recordings", ())
    return {*excerpts(item.truth), *(one for one in stated if isinstance(one, str))}


def _by_clip(suite: Suite) -> dict[str, list[str]]:
    items = defaultdict(list)
    for item in suite.items:
        for path in (*item.audio_paths, *filter(None, [item.uncut_audio_path])):
            items[suite.clips[path].digest].append(item.id)
    return items


def _by_recording(suite: Suite) -> dict[str, list[str]]:
    items = defaultdict(list)
    for item in suite.items:
        for digest in recordings(item):
            items[digest].append(item.id)
    return items


def _shared(ours: dict[str, list[str]], theirs: dict[str, list[str]]) -> tuple[SharedSource, ...]:
    return tuple(
        SharedSource(digest=digest, items=tuple(ours[digest]), items_of_other=tuple(theirs[digest]))
        for digest in sorted(ours.keys() & theirs.keys())
    )


def _wording(item: Item) -> tuple[str, frozenset[str]]:
    return item.question, frozenset(item.options)


def _same_items(suite: Suite, other: Suite) -> tuple[tuple[str, str], ...]:
    def by_content(one: Suite) -> dict[Any, str]:
        return {
            (_wording(item), tuple(one.clips[path].digest for path in item.audio_paths)): item.id
            for item in one.items
        }

    ours, theirs = by_content(suite), by_content(other)
    return tuple(sorted((ours[key], theirs[key]) for key in ours.keys() & theirs.keys()))


def _seed(suite: Suite) -> Any:
    return suite.spec.get("seed")


def _same_draws(suite: Suite, other: Suite) -> tuple[str, ...]:
    def origin(one: Suite) -> tuple[Any, Any]:
        return _seed(one), one.spec.get("profile")

    if _seed(suite) is None or origin(suite) != origin(other):
        return ()
    return tuple(sorted({item.id for item in suite.items} & {item.id for item in other.items}))


# ---- sounds that are nearly the same


def _alike(suite: Suite, other: Suite) -> Iterator[AlikeClips]:
    """Pairs of clips of which one is the other, whatever their suites say of themselves.

    No cross-correlation is larger than the product of the amplitudes of both spectra, so these are compared first.
    """
    ours, theirs = _Sounds(suite), _Sounds(other)
    for i, j in sorted(_candidates(ours, theirs)):
        if ours.digests[i] != theirs.digests[j]:
            pairs = product(ours.ears(i), theirs.ears(j))
            correlation = max(_correlation(one, another) for one, another in pairs)
            if correlation > _COPIES:
                yield AlikeClips(
                    item=ours.items[i],
                    item_of_other=theirs.items[j],
                    correlation=round(correlation, 4),
                    is_tone=ours.is_tone[i] and theirs.is_tone[j],
                )


def _candidates(ours: _Sounds, theirs: _Sounds) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for start in range(0, len(ours.spectra), _CHUNK):
        for begin in range(0, len(theirs.spectra), _CHUNK):
            first, second = ours.spectra[start : start + _CHUNK], theirs.spectra[begin : begin + _CHUNK]
            near = np.argwhere(first.astype(np.float32) @ second.astype(np.float32).T > _COPIES - _MARGIN)
            found.update((ours.clip[start + i], theirs.clip[begin + j]) for i, j in near)
    return found


class _Sounds:
    """The clips of a suite, the spectra of their ears (each of norm 1), and the first item of each."""

    def __init__(self, suite: Suite) -> None:
        self._store = ClipStore(suite)
        self.digests, self.items = [], []
        for digest, ids in (by_clip := _by_clip(suite)).items():
            self.digests.append(digest)
            self.items.append(ids[0])
        paths = {clip.digest: path for path, clip in suite.clips.items() if clip.digest in by_clip}
        self._paths = [paths[digest] for digest in self.digests]
        self.clip: list[int] = []
        """Which clip each spectrum is of."""
        self.is_tone: list[bool] = []
        spectra = []
        for number in range(len(self._paths)):
            of_ears = [_spectrum(ear) for ear in self.ears(number)]
            self.clip += [number] * len(of_ears)
            self.is_tone.append(all(1.0 / max((one**4).sum(), 1e-9) < _FEW_BANDS for one in of_ears))
            spectra += [one.astype(np.float16) for one in of_ears]
        self.spectra = np.array(spectra).reshape(-1, _BANDS)

    def ears(self, number: int) -> list[Floats]:
        """What is heard of a clip: each channel, and all mixed to mono."""
        samples = resample(self._store.get(self._paths[number]), _RATE_HZ).samples
        ears = [*samples.T, samples.mean(axis=1)] if samples.shape[1] > 1 else [samples[:, 0]]
        return [
            ear for place, ear in enumerate(ears) if not any(np.array_equal(ear, e) for e in ears[:place])
        ]


def _spectrum(samples: Floats) -> Floats:
    """Amplitudes in narrow bands: the same for a sound that is shifted or, since the norm is 1, louder."""
    from scipy import fft

    power = np.square(
        np.abs(fft.rfft(samples, fft.next_fast_len(max(2 * len(samples), 2 * _BANDS), real=True)))
    )
    edges = np.linspace(0, len(power), _BANDS + 1).astype(int)[:-1]
    bands = np.sqrt(np.add.reduceat(power, edges))
    normalised: Floats = (bands / max(float(np.linalg.norm(bands)), 1e-12)).astype(np.float32)
    return normalised


def _correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """The largest normalised cross-correlation at any lag."""
    from scipy import signal

    one, other = one.astype(np.float64), other.astype(np.float64)
    energy = float(np.sum(one**2) * np.sum(other**2))
    if energy == 0:
        return 0.0
    return float(np.abs(signal.correlate(one, other, method="fft")).max() / energy**0.5)
