"""What a tokenizer is trained and measured on: stimuli of a suite's task, made anew, and recordings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from starbench.audio import decode, transform
from starbench.diagnose.stimuli import factorial_stimuli
from starbench.diagnose.tokens.interface import RATE, Floats, ears
from starbench.errors import InputError
from starbench.recordings import Library, load_library
from starbench.schema.tokens import SoundSource
from starbench.suites.suite import Suite

#: Kind of the clips that a suite's task makes.
STIMULI = "stimuli"
#: Kind of the recordings whose class has fewer files.
OTHER = "other recordings"
_LEAST_FILES = 12
#: Share of the clips that training never sees.
_TEST = 0.25


@dataclass(frozen=True, eq=False)
class MonoSound:
    """One ear's sound at 16 kHz; ``is_test``: training never sees it."""

    kind: str
    samples: Floats
    is_test: bool

    @property
    def seconds(self) -> float:
        """Its length, s."""
        return self.samples.size / RATE


@dataclass(frozen=True, eq=False)
class SoundSet:
    """All sounds, and where they come from."""

    sounds: tuple[MonoSound, ...]
    sources: tuple[SoundSource, ...]

    @property
    def train(self) -> list[Floats]:
        """What training hears."""
        return [sound.samples for sound in self.sounds if not sound.is_test]

    @property
    def test(self) -> list[MonoSound]:
        """What it does not."""
        return [sound for sound in self.sounds if sound.is_test]


def gather(
    suite: Suite | None, recordings: Path | None, seed: int, count: int, min_seconds: float
) -> SoundSet:
    """Make ``count`` clips of the suite's task, and read the recordings; a quarter of each kind is held out.

    Recordings are mixed to one channel; of a clip, the ears take turns. The suite's own clips are never used.

    Raises :class:`InputError` if neither is given.
    """
    rng = np.random.default_rng([seed, 1])
    sounds: list[MonoSound] = []
    sources: list[SoundSource] = []
    if suite is not None:
        clips = factorial_stimuli(suite, seed, count).clips
        heard = [ears(clip) for clip in clips]
        found = [
            MonoSound(STIMULI, ear[number % len(ear)], is_test)
            for number, (ear, is_test) in enumerate(zip(heard, _held_out(len(clips), rng), strict=True))
        ]
        sources.append(_source(suite.name, suite.digest, found, is_suite=True))
        sounds += found
    if recordings is not None:
        library = load_library(recordings, min_seconds=min_seconds, mix=True)
        found = _recorded(library, rng)
        sources.append(_source(recordings.name, library.identity["sha256"], found, is_suite=False))
        sounds += found
    if not sounds:
        raise InputError("there is nothing to train on: give --suite or --recordings")
    return SoundSet(tuple(sounds), tuple(sources))


def _recorded(library: Library, rng: np.random.Generator) -> list[MonoSound]:
    classes = [one.sound_class or one.kind or OTHER for one in library.recordings]
    files = Counter(classes)
    kinds = [name if files[name] >= _LEAST_FILES else OTHER for name in classes]
    is_test = np.zeros(len(kinds), dtype=bool)
    for kind in sorted(set(kinds)):
        of_kind = np.flatnonzero([one == kind for one in kinds])
        is_test[of_kind] = _held_out(of_kind.size, rng)
    return [
        MonoSound(kind, ears(transform(decode(Path(one.path), is_material=True), "mono"))[0], bool(test))
        for one, kind, test in zip(library.recordings, kinds, is_test, strict=True)
    ]


def _held_out(n: int, rng: np.random.Generator) -> list[bool]:
    chosen = set(rng.permutation(n)[: round(_TEST * n)].tolist())
    return [k in chosen for k in range(n)]


def _source(name: str, digest: str, sounds: list[MonoSound], *, is_suite: bool) -> SoundSource:
    parts = {side: [one for one in sounds if one.is_test is side] for side in (False, True)}
    return SoundSource(
        name=name,
        digest=digest,
        is_suite=is_suite,
        train_clips=len(parts[False]),
        train_seconds=round(sum(one.seconds for one in parts[False]), 3),
        test_clips=len(parts[True]),
        test_seconds=round(sum(one.seconds for one in parts[True]), 3),
    )
