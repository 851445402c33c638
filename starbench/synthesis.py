"""What a synthesizer makes, and how a task orders it.

A synthesizer is a plug-in (entry-point group ``starbench.synthesizers``): a plain function of keyword
parameters and a random generator. The same parameters and generator state give the same samples.
A task plans its items as :class:`Draft` records; the suite builder renders them, in any order and in
any process, and the bytes come out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from starbench.schema import Item

#: Which of two observation intervals (sounds, halves of a clip) holds more of what is asked for.
Interval = Literal["first", "second"]


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
    """An item whose clips are still recipes. ``item.audio_paths`` holds one placeholder a clip, nothing else a path."""

    item: Item
    clips: tuple[Recipe, ...]
    uncut: Recipe | None = None
    """Of the recording that the clips were cut from, as far as they reach, where a condition shows it beside them."""

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """Of everything that is rendered: the clips, then the uncut recording if there is one."""
        return self.clips if self.uncut is None else (*self.clips, self.uncut)

    def at_one_rotation(self, letter: int) -> Draft:
        """The same, asked once, with the right option under this letter: counted from 0, modulo the options."""
        options = self.item.options
        offset = (letter - options.index(str(self.item.answer))) % len(options)
        return replace(self, item=self.item.model_copy(update={"rotations": 1, "rotation_offset": offset}))


@dataclass(frozen=True)
class FactorialClip:
    """A clip of one sound whose parameters were drawn independently of each other: what probes of networks learn from.

    A task offers such clips by a method ``factorial_clips(seed: int, count: int)``, which returns a sequence of them.
    """

    recipe: Recipe
    factors: dict[str, float | str]
    """What was drawn: ``pitch_hz``, ``level_db``, ``duration_s``, ``azimuth_deg``, ``timbre``, …"""


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


#: A limit: the same for every claim, or a function of the claimed value.
Limit = float | Callable[[float], float]


@dataclass(frozen=True)
class Estimator:
    """How one claim of a stimulus is measured again from its samples, for ``starbench verify``.

    A task offers its own by an attribute ``estimators``, a mapping from keys of a clip's truth to estimators. A key
    names the way to a number or a list of numbers: ``rate_hz``, ``train.clicks``, and ``sources.azimuth_deg`` for each
    of the ``sources``.
    """

    measure: Callable[[NDArray[np.float32], int, Mapping[str, Any]], float | Sequence[float] | None]
    """From samples of shape (n, channels), the rate in Hz and the truth (of one of several records in a list: that
    record) to what is measured: as many numbers as are claimed, or None if this clip has nothing that tells it."""
    tolerance: Limit
    """The largest error that is no breach, in ``unit``."""
    unit: str = ""
    jnd: Limit | None = None
    """One human just noticeable difference, in ``unit``."""


@dataclass(frozen=True)
class LevelDesign:
    """One attribute that can be asked at any level, one item at a time.

    A task that has such attributes offers them by a method ``level_designs(spec: BuildSpec)``, which returns a mapping
    from attribute to design and raises an InputError as ``plan`` does. An adaptive procedure chooses the levels itself.
    """

    sub_category: str
    profile: str
    """The profile's full name: ``default``, say, may stand for its newest version."""
    levels: tuple[float, ...]
    """The task's own levels, ascending."""
    limits: tuple[float, float]
    """Smallest and largest level that can be asked; every level between them can be asked, too."""
    unit: str
    answers: tuple[str, ...]
    """Options that are right where the first interval holds more, where the second does, and (if it can be) where
    neither does."""
    draft: Callable[[str, float, Interval | None], Draft]
    """The item of this id, at this level, whose right answer is the first interval, the second, or neither.

    Ids are ``{sub_category}_{number}``. Whatever is not asked is drawn from the seed and the id. A catch trial gets a
    level too, whose place it takes.
    """


def generator(seed: int, *key: str) -> np.random.Generator:
    """The random generator of one item, or anything that ``key`` names, the same on any worker in any order."""
    digest = sha256("\0".join(key).encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4").tolist()
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))
