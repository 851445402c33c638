"""What of an item's clips leaves for a model, and what each form keeps of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from starbench import protocols
from starbench.audio import Audio
from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.planning.adaptation import adapt
from starbench.planning.limits import bandwidth_reason, sent_rate
from starbench.planning.reasons import Reason
from starbench.planning.trials import plan_trials
from starbench.schema import ClipSpec, Item, JoinedSpec, Setup, TextSpec
from starbench.suites.clip_store import ClipStore
from starbench.suites.sampling import sample
from starbench.suites.suite import Suite

from .forms import Delivery

Sent = ClipSpec | JoinedSpec


@dataclass(frozen=True)
class Delivered:
    """A clip of an item in one form: where it begins, s, in the sound that it came in."""

    audio: Audio
    sent: Audio
    """What left for the model, before the form was made of it."""
    part: int
    """Which sound of the prompt holds it."""
    starts_s: float = 0.0


@dataclass(frozen=True)
class PlannedItem:
    """An item, and the sounds of its prompt; none where the run would not ask it, with the reason."""

    item: Item
    sounds: tuple[tuple[Sent, ...], ...]
    """Each is one sound of the prompt, or the two ears of one that are sent apart."""
    reason: Reason | None = None


@dataclass(frozen=True)
class Planned:
    """Every item of a suite, as a run with this setup would put it to a model."""

    items: tuple[PlannedItem, ...]
    original: ClipStore
    store: ClipStore

    @property
    def left_out(self) -> Mapping[str, int]:
        """Why items would not be asked -> how many."""
        return Counter(str(one.reason) for one in self.items if one.reason is not None)


def plan(suite: Suite, model: Model, setup: Setup) -> Planned:
    """Plan one prompt for each item, under condition ``audio``.

    Raises :class:`InputError` if no sound at all leaves for the model, with what would help.
    """
    rate, _ = sent_rate(setup.rate_hz, model, [suite])
    as_sent = suite.clips
    if rate is not None:
        as_sent = {path: replace(clip, rate=rate) for path, clip in suite.clips.items()}
    protocol = protocols.resolve(setup.protocol, suite.default_protocol, suite.official_protocol, suite.name)
    items = sample(suite.items, setup.limit, setup.limit_seed)
    trials = plan_trials(suite.name, items, suite.clips, protocol, ("audio",), "1").trials
    planned = []
    for item, trial in zip(items, trials, strict=True):
        outcome = adapt(trial, item, as_sent, model.capabilities, setup)
        if isinstance(outcome, Reason):
            planned.append(PlannedItem(item, (), outcome))
            continue
        reason = bandwidth_reason(item, suite.clips, rate, model.capabilities)
        planned.append(PlannedItem(item, _sounds(outcome.trial.parts), reason))
    if not any(one.sounds for one in planned):
        why = next((str(one.reason) for one in planned), "the suite has no item")
        raise InputError(f"no sound of {suite.name} leaves for model {model.spec!r}: {why}")
    return Planned(tuple(planned), ClipStore(suite), ClipStore(suite, rate))


def _sounds(parts: Sequence[TextSpec | Sent]) -> tuple[tuple[Sent, ...], ...]:
    sounds: list[tuple[Sent, ...]] = []
    for part in parts:
        if isinstance(part, TextSpec):
            continue
        before = sounds[-1][0] if sounds else None
        is_right = isinstance(part, ClipSpec) and part.then == "right"
        if is_right and isinstance(before, ClipSpec) and before.then == "left" and len(sounds[-1]) == 1:
            sounds[-1] = (before, part)
        else:
            sounds.append((part,))
    return tuple(sounds)


def delivered(planned: PlannedItem, store: ClipStore, form: Delivery) -> dict[int, Delivered]:
    """The item's clips in one form, by their number. Ears that are sent apart are put together again."""
    clips: dict[int, Delivered] = {}
    for number, sound in enumerate(planned.sounds):
        sent = [store.part(one, planned.item) for one in sound]
        kept = [form(one) for one in sent]
        whole = Delivered(_together(kept), _together(sent), number)
        first = sound[0]
        if isinstance(first, ClipSpec):
            clips[first.clip] = whole
            continue
        start = 0.0
        for clip in first.clips:
            here, seconds = replace(whole, starts_s=start), store.part(clip, planned.item).seconds
            left = clips.get(clip.clip) if clip.then == "right" else None
            clips[clip.clip] = here if left is None else _ears_of(left, here, seconds)
            start += seconds + first.gap_s
    return clips


def _ears_of(left: Delivered, right: Delivered, seconds: float) -> Delivered:
    """One clip of two ears that follow each other in a sound of the prompt."""

    def both(audio: Audio) -> Audio:
        n = round(seconds * audio.rate)
        first, second = (round(ear.starts_s * audio.rate) for ear in (left, right))
        return _together([Audio(audio.pcm[at : at + n].copy(), audio.rate) for at in (first, second)])

    return Delivered(both(left.audio), both(left.sent), left.part)


def _together(ears: Sequence[Audio]) -> Audio:
    if len(ears) == 1:
        return ears[0]
    n = min(ear.pcm.shape[0] for ear in ears)
    return Audio(np.concatenate([ear.pcm[:n, :1] for ear in ears], axis=1), ears[0].rate)
