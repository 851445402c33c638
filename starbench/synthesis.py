"""What a synthesizer makes, and how a task orders it.

A synthesizer is a plug-in (entry-point group ``starbench.synthesizers``): a plain function of keyword
parameters and a random generator. The same parameters and generator state give the same samples.
A task plans its items as :class:`Draft` records; the suite builder renders them, in any order and in
any process, and the bytes come out the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from starbench.schema import Item


@dataclass(frozen=True, eq=False)
class Stimulus:
    """A waveform at ``rate`` Hz with its physical truth."""

    samples: NDArray[np.float64]
    """Shape (n, channels), full scale 1; the synthesizer has made sure that 16 bits hold it."""
    rate: int
    truth: dict[str, Any]
    """What was really put in, in the units that the keys name (``f0_hz``, ``level_db_spl``, …)."""
    stems: tuple[NDArray[np.float64], ...] = ()
    """What each source alone puts into the clip, in the shape of ``samples``; empty unless asked for."""


class Synthesizer(Protocol):
    """Parameters and a random generator in, a stimulus out; nothing else is read or changed."""

    def __call__(self, *, rng: np.random.Generator, **parameters: Any) -> Stimulus:
        """Make the stimulus; raises :class:`starbench.errors.StimulusError` where it would break its truth."""


@dataclass(frozen=True)
class Recipe:
    """A clip to be made: which synthesizer, and its parameters (JSON values only)."""

    synthesizer: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """An item whose clips are still recipes. ``item.audio_paths`` holds one placeholder a clip."""

    item: Item
    clips: tuple[Recipe, ...]


@dataclass(frozen=True)
class BuildSpec:
    """What the user asked to be built: no ``attributes`` means all, ``size`` None the task's own full size."""

    attributes: tuple[str, ...]
    profile: str
    seed: int
    size: int | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BuildPlan:
    """What a task will build: its drafts, and what it left out with the reason for each."""

    drafts: tuple[Draft, ...]
    default_protocol: str
    dropped: tuple[str, ...] = ()
    declared: dict[str, Any] = field(default_factory=dict)
    """Constants that a reader needs to check the suite: calibration, JND table, rates."""
    options: dict[str, Any] | None = None
    """``BuildSpec.options`` as resolved and fit for the manifest, where paths are digests; None: as given."""
    attributes: tuple[str, ...] | None = None
    """``BuildSpec.attributes`` as resolved: what "all" means in this profile; None: as given."""
    profile: str | None = None
    """``BuildSpec.profile`` as resolved, where a name stands for the newest version; None: as given."""
    licence: str | None = "CC0-1.0"
    """Of the suite; None where it holds recordings whose licence the task cannot know."""


def generator(seed: int, *key: str) -> np.random.Generator:
    """The random generator of one item, or anything that ``key`` names, the same on any worker in any order."""
    digest = sha256("\0".join(key).encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4").tolist()
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))
