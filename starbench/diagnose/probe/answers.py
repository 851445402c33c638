"""A model's own answers about pairs of sounds, and what a probe says of the same pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.diagnose.probe.attributes import Attribute
from starbench.diagnose.probe.features import Features
from starbench.diagnose.probe.readings import ProbeReading
from starbench.runs.load import LoadedRun
from starbench.schema import Item, Outcome
from starbench.schema.probe import Answers
from starbench.scoring.intervals import share
from starbench.scoring.observations import MISSING, observe
from starbench.scoring.paired_tests import sign_flips
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite

#: Where a sound that was cut out of a question's clip begins in a clip of its own, and what is kept around it, s.
ONSET_S, _AROUND_S, _TAIL_S = 0.1, 0.012, 0.1
#: No clip is so long, s.
_LONGEST_S = 1e5
#: Where the truth of a clip lists its sounds.
_LISTS = ("sources", "tones", "bursts")


@dataclass(frozen=True)
class AnsweredPair:
    """Two sounds of which one has more of an attribute, by their places in a list; and whether the model knew which."""

    first: int
    second: int
    second_has_more: bool
    answered: bool
    correct: bool


@dataclass(frozen=True)
class AnsweredPairs:
    """Pairs by attribute, the sounds that they are of (None: the stimuli themselves), and whose answers they are."""

    source: str
    pairs: Mapping[str, Sequence[AnsweredPair]]
    sounds: tuple[Audio, ...] | None = None


def pairs_of_run(
    data: LoadedRun, suites: Mapping[str, Suite], attributes: Sequence[Attribute], like: Audio
) -> AnsweredPairs:
    """The questions of a run that compare two sounds, each sound cut out into a clip ``like`` those of the probes.

    The clip is as long, or longer, and has as many channels: where the suite's has one, each gets it.
    Catch trials are left out: neither sound has more. An item is right if most of its rotations are.
    """
    digests = {one.name: one.digest for one in data.run.identity.suites}
    stores: dict[str, ClipStore] = {}
    trials: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    items: dict[tuple[str, str], Item] = {}
    for one in observe(data):
        # Neither what was not asked nor an error is an answer.
        if one.trial.condition == "audio" and one.outcome not in (MISSING, Outcome.ERROR.value):
            key = (one.trial.suite, one.trial.item_id)
            items[key] = one.item
            trials[key].append((one.outcome == Outcome.ANSWERED.value, one.correct))
    sounds: list[Audio] = []
    pairs: dict[str, list[AnsweredPair]] = defaultdict(list)
    for (name, _), item in items.items():
        attribute = next((a.name for a in attributes if item.part in (a.name, f"sensitivity_{a.name}")), None)
        planned = item.truth.get("planned")
        larger = planned.get("larger") if isinstance(planned, dict) else None
        suite = suites.get(digests[name])
        if attribute is None or larger not in ("first", "second") or item.catch or suite is None:
            continue
        spans = _spans(item)
        if len(spans) != 2:
            continue
        store = stores.setdefault(name, ClipStore(suite))
        place = len(sounds)
        sounds += [_cut(store.get(item.audio_paths[clip]), start, stop, like) for clip, start, stop in spans]
        rights = trials[name, item.id]
        pairs[attribute].append(
            AnsweredPair(
                place,
                place + 1,
                larger == "second",
                any(answered for answered, _ in rights),
                sum(correct for _, correct in rights) > len(rights) / 2,
            )
        )
    return AnsweredPairs(str(data.path), pairs, tuple(sounds))


def compare(pairs: Sequence[AnsweredPair], reading: ProbeReading, features: Features, source: str) -> Answers:
    """The model's answers beside what a probe says of the same pairs: it compares what it reads of each sound."""
    values = reading.predict(features)
    said = np.array([values[pair.second] - values[pair.first] for pair in pairs])
    more = np.array([pair.second_has_more for pair in pairs])
    probe = (said > 0) == more
    model = np.array([pair.correct for pair in pairs])
    n = len(pairs)
    return Answers(
        source=source,
        n=n,
        answered=sum(pair.answered for pair in pairs),
        correct=int(model.sum()),
        accuracy=float(model.mean()),
        interval=share(float(model.mean()), n),
        probe_layer=reading.row.layer,
        probe_accuracy=float(probe.mean()),
        probe_interval=share(float(probe.mean()), n),
        only_probe=int((probe & ~model).sum()),
        only_model=int((model & ~probe).sum()),
        mcnemar_p=sign_flips(probe.astype(float) - model.astype(float)),
    )


def _spans(item: Item) -> list[tuple[int, float, float]]:
    """Clip, beginning and end of each sound of an item, in the order heard; none if one of them is at no time."""
    spans: list[tuple[int, float, float]] = []
    clips = item.truth.get("clips")
    heard = clips[: len(item.audio_paths)] if isinstance(clips, list) else ()
    for number, truth in enumerate(heard):
        listed: Any = next(
            (truth[name] for name in _LISTS if isinstance(truth, dict) and truth.get(name)), ()
        )
        times = [
            (one["onset_s"], one["duration_s"])
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, dict) and {"onset_s", "duration_s"} <= set(one)
        ]
        if not all(_is_time(time) for both in times for time in both):
            return []
        spans += sorted((number, float(onset), float(onset + duration)) for onset, duration in times)
    return spans


def _is_time(value: Any) -> bool:
    """Whether what a suite says is a time within a clip, s."""
    return isinstance(value, int | float) and 0 <= value < _LONGEST_S


def _cut(clip: Audio, start_s: float, stop_s: float, like: Audio) -> Audio:
    """One sound alone, from :data:`ONSET_S` on, with silence around it."""
    rate = clip.rate
    first, stop = (max(round(at * rate), 0) for at in (start_s - _AROUND_S, stop_s + _AROUND_S))
    sound = clip.pcm[first:stop]
    before = round((ONSET_S - _AROUND_S) * rate)
    length = max(round(like.seconds * rate), before + len(sound) + round(_TAIL_S * rate))
    channels = like.channels if clip.channels == 1 else clip.channels
    pcm: NDArray[np.int16] = np.zeros((length, channels), np.int16)
    pcm[before : before + len(sound)] = sound
    return Audio(pcm, rate)
