"""The sources of a suite's clips, each alone, where the suite keeps them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, resample
from starbench.errors import AudioError, SuiteError
from starbench.schema import Item
from starbench.storage.inputs import read_bytes
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite
from starbench.suites.truth import clip_truths
from starbench.suites.validate import resolve_within

Samples = NDArray[np.float64]
#: Number of sounds, level of the one that is asked about over the others, over the background, reverberation time, s.
ACOUSTIC_FACTORS = ("sounds", "sir", "snr", "rt60")


@dataclass(frozen=True, eq=False)
class Scene:
    """A clip whose sources are kept, and the first item that asks about it."""

    item: Item
    path: str
    digest: str
    stem_paths: tuple[str, ...]


class StemLibrary:
    """The scenes of a suite: its clips with their sources, found by the digest of the clip's sound."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.scenes = tuple(_scenes(suite))
        self._clips = ClipStore(suite)
        self._at_rate: dict[int, dict[str, Scene]] = {}

    @property
    def most_sources(self) -> int:
        """Sources of the scene that has most; 0 where no scene has any."""
        return max((len(scene.stem_paths) for scene in self.scenes), default=0)

    def clip(self, scene: Scene) -> Audio:
        """The mixture of a scene."""
        return self._clips.get(scene.path)

    def stems(self, scene: Scene) -> Samples:
        """What each source alone puts into the clip, shape (sources, n, channels).

        Raises :class:`SuiteError` or :class:`AudioError` if a file is missing, damaged, or not as long as the clip.
        """
        clip = self.clip(scene)
        stems = [self._stem(path, clip) for path in scene.stem_paths]
        return np.stack(stems)

    def stems_of(self, clip: Audio) -> Samples | None:
        """The sources of a clip of the suite, also where it was resampled on its way; None of any other sound."""
        scene = self._by_digest.get(clip.digest)
        if scene is not None:
            return self.stems(scene)
        scene = self._resampled(clip.rate).get(clip.digest)
        if scene is None:
            return None
        return _resampled(self.stems(scene), self.clip(scene).rate, clip)

    @cached_property
    def _by_digest(self) -> dict[str, Scene]:
        return {scene.digest: scene for scene in self.scenes}

    def _resampled(self, rate: int) -> dict[str, Scene]:
        if rate not in self._at_rate:
            others = [scene for scene in self.scenes if self.suite.clips[scene.path].rate != rate]
            self._at_rate[rate] = {resample(self.clip(scene), rate).digest: scene for scene in others}
        return self._at_rate[rate]

    def _stem(self, path: str, clip: Audio) -> Samples:
        samples, rate = _read_float(resolve_within(self.suite.root, path))
        if samples.shape != clip.pcm.shape or rate != clip.rate:
            raise AudioError(
                f"{path} has not the length, channels and rate of its clip: build the suite again"
            )
        return samples


def _scenes(suite: Suite) -> Iterator[Scene]:
    """Each clip that has stems, once."""
    seen: set[str] = set()
    for item in suite.items:
        for path, truth in zip(item.audio_paths, clip_truths(item) or (), strict=False):
            stems, digest = truth.get("stems"), suite.clips[path].digest
            if not stems or digest in seen:
                continue
            if not (isinstance(stems, list) and all(isinstance(stem, str) for stem in stems)):
                raise SuiteError(f"{item.id}: stems must be a list of paths")
            seen.add(digest)
            yield Scene(item, path, digest, tuple(stems))


def acoustic_factors(item: Item) -> dict[str, str]:
    """How many sounds there are in the item's first clip, and the levels and reverberation that were planned for it."""
    planned, stated = (item.truth.get(name) for name in ("planned", "factors"))
    levels = {**_levels(planned), **_levels(stated)}
    stems = (clip_truths(item) or [{}])[0].get("stems")
    if isinstance(stems, list) and stems:
        levels["sounds"] = str(len(stems))
    return {name: levels.get(name, "none") for name in ACOUSTIC_FACTORS}


def _levels(facts: Any) -> dict[str, str]:
    """Factors as texts; what is a list or an object is none."""
    if not isinstance(facts, dict):
        return {}
    return {
        name: f"{value:g}" if isinstance(value, float) else str(value)
        for name, value in facts.items()
        if isinstance(value, str | int | float)
    }


def _read_float(path: Path) -> tuple[Samples, int]:
    """Samples as they stand in the file, which 16 bits could not hold, and the rate."""
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(read_bytes(path)), dtype="float64", always_2d=True)
    except soundfile.SoundFileError as error:
        raise AudioError(f"{path.name} cannot be read as sound: {error}") from error
    if not np.isfinite(samples).all():
        raise AudioError(f"{path.name}: a sample is not a number")
    return samples, int(rate)


def _resampled(stems: Samples, rate: int, clip: Audio) -> Samples:
    """Stems at the rate of a clip, and as long."""
    import soxr

    changed = np.stack([soxr.resample(stem, rate, clip.rate, quality="VHQ") for stem in stems])
    padding = max(0, clip.pcm.shape[0] - changed.shape[1])
    return np.pad(changed, ((0, 0), (0, padding), (0, 0)))[:, : clip.pcm.shape[0]]
