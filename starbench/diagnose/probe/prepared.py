"""Single sounds, ready to probe any encoder with: split, targets, and what baselines read."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from starbench.diagnose.probe.attributes import Attribute, select
from starbench.diagnose.probe.baselines import BASELINE
from starbench.diagnose.probe.features import Features, features_of
from starbench.diagnose.probe.leaks import leak_checks
from starbench.diagnose.probe.readings import ProbeReading, Split, Target, read_layers, targets_of
from starbench.diagnose.stimuli import FactorialStimuli, factorial_stimuli
from starbench.errors import InputError
from starbench.models.encoder import NamedEncoder
from starbench.schema.probe import LeakCheck, Source
from starbench.suites.suite import Suite

#: Fewer clips leave too few to judge by.
FEWEST_CLIPS = 100
#: Called with what is done, how much of it, and of how much.
Progress = Callable[[str, int, int], None]


def ignore(_what: str, _done: int, _all: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, eq=False)
class PreparedStimuli:
    """What is the same for every encoder that is probed for the same attributes."""

    suite: Suite
    seed: int
    stimuli: FactorialStimuli
    split: Split
    attributes: tuple[Attribute, ...]
    """Those asked for, whether or not they vary."""
    targets: tuple[Target, ...]
    """Those that vary; timbres are among them, for probes of unseen ones."""
    baselines: tuple[ProbeReading, ...]
    leaks: tuple[LeakCheck, ...]

    def encoded(self, encoder: NamedEncoder, what: str, on_progress: Progress) -> Features:
        """What an encoder makes of every clip."""
        done, total = itertools.count(1), len(self.stimuli)
        onsets_s = self.stimuli.factors.get("onset_s", np.zeros(total)).tolist()
        return features_of(
            encoder, self.stimuli.clips, onsets_s, lambda: on_progress(what, next(done), total)
        )

    def read(self, source: Source, features: Features, *, thoroughly: bool = False) -> list[ProbeReading]:
        """What probes read of the attributes that are asked for."""
        asked = {one.name for one in self.attributes}
        found = read_layers(source, features, self.targets, self.split, thoroughly=thoroughly)
        return [one for one in found if one.row.attribute in asked]


def prepare(
    suite: Suite,
    attributes: tuple[str, ...] = (),
    count: int = 900,
    seed: int = 0,
    on_progress: Progress = ignore,
) -> PreparedStimuli:
    """Make ``count`` single sounds of the suite's task, unlike its items, and read them by baselines.

    Raises :class:`InputError` if the task makes no such sounds, they have no such attribute, or there are too few.
    """
    if count < FEWEST_CLIPS:
        raise InputError(f"{count} clips are too few to judge probes by: give {FEWEST_CLIPS} or more")
    on_progress("sounds", 0, count)
    stimuli = factorial_stimuli(suite, seed, count)
    on_progress("sounds", count, count)
    asked = select(attributes, stimuli.factors)
    named = [one for one in select((), stimuli.factors) if not one.is_number]
    rng = np.random.default_rng(seed)
    split = Split.draw(count, rng)
    targets = targets_of(list(dict.fromkeys((*asked, *named))), stimuli.factors, split, rng)
    leaks = leak_checks(stimuli, [one for one in targets if one.attribute in asked], split)
    prepared = PreparedStimuli(suite, seed, stimuli, split, asked, targets, (), leaks)
    baselines = prepared.read("baseline", prepared.encoded(BASELINE, "baselines", on_progress))
    return replace(prepared, baselines=tuple(baselines))
