"""What two suites share: the same sounds, questions, draws or recordings, and sounds that are nearly the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import resample
from starbench.schema import Item
from starbench.schema.overlap import AlikeClips, Overlap, SharedSource
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite

Floats = NDArray[np.float32]

#: Rate at which clips are compared, and the bands (about 1 % wide) of their spectra.
_RATE_HZ, _BANDS, _LOWEST_HZ, _HIGHEST_HZ = 8_000, 512, 50.0, 3_900.0
#: Spectra that are less alike are not looked at; clips that are less alike are no copies.
_SPECTRA, _COPIES = 0.99, 0.98


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
        alike_by_design=_seed(suite) is not None
        and _seed(other) is not None
        and _seed(suite) != _seed(other),
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
    """Pairs of clips of which one is the other, shifted or at another level; found by their spectra first."""
    ours, theirs = _Sounds(suite), _Sounds(other)
    for i, j in np.argwhere(ours.spectra @ theirs.spectra.T > _SPECTRA):
        if ours.digests[i] != theirs.digests[j]:
            correlation = _correlation(ours.samples(i), theirs.samples(j))
            if correlation > _COPIES:
                yield AlikeClips(
                    item=ours.items[i], item_of_other=theirs.items[j], correlation=round(correlation, 4)
                )


class _Sounds:
    """The clips of a suite, their spectra (each of norm 1) and the first item of each."""

    def __init__(self, suite: Suite) -> None:
        self._store = ClipStore(suite)
        self.digests, self.items, self._paths = [], [], []
        for digest, ids in (by_clip := _by_clip(suite)).items():
            self.digests.append(digest)
            self.items.append(ids[0])
        paths = {clip.digest: path for path, clip in suite.clips.items() if clip.digest in by_clip}
        self._paths = [paths[digest] for digest in self.digests]
        self.spectra = np.array([_spectrum(self.samples(i)) for i in range(len(self.digests))])

    def samples(self, number: int) -> Floats:
        audio = resample(self._store.get(self._paths[number]), _RATE_HZ)
        mono: Floats = audio.samples.mean(axis=1)
        return mono


def _spectrum(samples: Floats) -> Floats:
    """Amplitudes in narrow bands: the same for a sound that is shifted or, since the norm is 1, louder."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / _RATE_HZ)
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _BANDS + 1)
    bands = np.sqrt(np.histogram(frequencies, edges, weights=power)[0])
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
