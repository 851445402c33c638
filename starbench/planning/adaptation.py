"""Prompts that a model cannot take: changed by a recorded policy, or refused with a reason.

Two policies, each off unless asked for: ``channels`` for clips with more channels than the model takes,
``clips`` for prompts with more clips than it takes. Only the prompts that need it are changed, and what was
done to how many is in the run's record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from starbench.audio import max_seconds
from starbench.planning.limits import admits
from starbench.planning.reasons import Reason
from starbench.schema import Adaptation, Capabilities, ClipSpec, Item, JoinedSpec, Setup, TextSpec, Trial
from starbench.suites.clip_info import ClipInfo, channels_of, seconds_of, sent_clips

REFUSE: Final = "refuse"
CONCAT: Final = "concat"
SPLIT: Final = "split"
MONO: Final = "mono"

#: Silence between clips that are joined, s, where a setup states none.
_GAP_S = 0.5

Part = TextSpec | ClipSpec | JoinedSpec
Parts = tuple[Part, ...]

#: Kinds of change that each policy makes.
_KINDS = {"channels": (SPLIT, MONO), "clips": (CONCAT,)}
_EARS: tuple[Literal["left", "right"], ...] = ("left", "right")
#: Says what a joined clip is, after the names of what was joined.
_JOINED = (
    "The {n} clips named above follow as one recording, in that order, "
    "with {gap_s:g} s of silence between them:"
)
#: Options that a refusal names if they would help, those that change least first.
_WAYS: tuple[dict[str, str], ...] = (
    {"clips": CONCAT},
    {"channels": SPLIT},
    {"channels": MONO},
    {"channels": SPLIT, "clips": CONCAT},
    {"channels": MONO, "clips": CONCAT},
)


@dataclass(frozen=True)
class Adapted:
    """A trial that the model can take, and what was changed to make it so."""

    trial: Trial
    changes: tuple[Adaptation, ...] = ()


def adapt(
    trial: Trial, item: Item, clips: Mapping[str, ClipInfo], capabilities: Capabilities, setup: Setup
) -> Adapted | Reason:
    """The trial as the model can take it, by the policies of ``setup``; or why it cannot, with what would help.

    ``clips`` are the suite's sounds, with the rates at which they are sent.
    """
    fitting = _Fitting(item, clips, capabilities, setup)
    outcome = fitting.fit(trial)
    return outcome if isinstance(outcome, Adapted) else replace(outcome, fixes=tuple(_ways(fitting, trial)))


def gap_s(setup: Setup) -> float:
    """Silence between clips that are joined, s."""
    return _GAP_S if setup.gap_s is None else setup.gap_s


def is_done(policy: str, adaptations: Iterable[Adaptation]) -> bool:
    """Whether the policy for ``clips`` or ``channels`` changed any prompt."""
    return any(adaptation.kind in _KINDS[policy] for adaptation in adaptations)


def _ways(fitting: _Fitting, trial: Trial) -> Iterator[str]:
    """Options under which the trial could be asked, by trying; none that adds to another that helps."""
    helpful: list[dict[str, str]] = []
    for way in _WAYS:
        is_free = all(getattr(fitting.setup, name) == REFUSE for name in way)
        if not is_free or any(fewer.items() <= way.items() for fewer in helpful):
            continue
        changed = replace(fitting, setup=fitting.setup.model_copy(update=way))
        if isinstance(changed.fit(trial), Adapted):
            helpful.append(way)
            yield " ".join(f"--{name} {value}" for name, value in way.items())


class _UnfitError(Exception):
    """A policy cannot be followed for a prompt."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True)
class _Fitting:
    """One item's prompts, a model's limits, and the policy that may bring them together."""

    item: Item
    clips: Mapping[str, ClipInfo]
    capabilities: Capabilities
    setup: Setup

    def fit(self, trial: Trial) -> Adapted | Reason:
        """Follow the policy as far as the prompt needs it; what then still does not fit is refused."""
        changes: list[Adaptation] = []
        parts = trial.parts
        try:
            if any(map(self._has_too_many_channels, parts)) and self.setup.channels != REFUSE:
                parts, change = _CHANNEL_CHANGES[self.setup.channels](self, parts)
                changes.append(change)
            if self._are_too_many(parts) and self.setup.clips == CONCAT:
                parts, change = self.join(parts)
                changes.append(change)
        except _UnfitError as unfit:
            return unfit.reason
        adapted = trial.model_copy(update={"parts": parts}) if changes else trial
        reason = admits(self.capabilities, adapted, self.item, self.clips)
        return Adapted(adapted, tuple(changes)) if reason is None else reason

    def _has_too_many_channels(self, part: Part) -> bool:
        most = self.capabilities.max_channels
        return most is not None and isinstance(part, ClipSpec) and self._channels(part) > most

    def _are_too_many(self, parts: Parts) -> bool:
        most = self.capabilities.max_clips
        return most is not None and 1 <= most < len(sent_clips(parts))

    def _channels(self, part: ClipSpec) -> int:
        return channels_of(part, self.item, self.clips)

    def to_mono(self, parts: Parts) -> tuple[Parts, Adaptation]:
        """Mix the clips that have too many channels to mono."""
        mixed = (
            part.model_copy(update={"then": "mono"}) if self._has_too_many_channels(part) else part
            for part in parts
        )
        return tuple(mixed), Adaptation(kind=MONO)

    def to_ears(self, parts: Parts) -> tuple[Parts, Adaptation]:
        """Make two clips of each that has too many channels, one an ear."""
        changed: list[Part] = []
        for part in parts:
            if not isinstance(part, ClipSpec) or not self._has_too_many_channels(part):
                changed.append(part)
                continue
            if self._channels(part) != len(_EARS):
                raise _UnfitError(Reason.of("not_two_ears", channels=self._channels(part)))
            label = _take_label(changed)
            for ear in _EARS:
                changed.append(TextSpec(text=f"{label}{ear} ear:"))
                changed.append(part.model_copy(update={"then": ear}))
        return tuple(changed), Adaptation(kind=SPLIT)

    def join(self, parts: Parts) -> tuple[Parts, Adaptation]:
        """Join all clips into one, in the place of the last one, after every name."""
        clips = tuple(part for part in parts if isinstance(part, ClipSpec))
        joined = JoinedSpec(clips=clips, gap_s=gap_s(self.setup))
        change = Adaptation(
            kind=CONCAT, clips=len(clips), gap_s=joined.gap_s, rate_hz=self._rate_if_unlike(joined)
        )
        last = max(place for place, part in enumerate(parts) if isinstance(part, ClipSpec))
        changed: list[Part] = []
        for place, part in enumerate(parts):
            if isinstance(part, TextSpec):
                # Where the clip that a text named has gone, servers would run it into the next text.
                is_name = place < last and isinstance(parts[place + 1], ClipSpec)
                changed.append(_line(part) if is_name else part)
            elif place == last:
                changed += [TextSpec(text=_JOINED.format(n=len(clips), gap_s=joined.gap_s)), joined]
        return tuple(changed), change

    def _rate_if_unlike(self, joined: JoinedSpec) -> int | None:
        """The rate that clips of several rates are joined at, Hz; refused where they cannot be joined."""
        channels = sorted({self._channels(clip) for clip in joined.clips})
        if len(channels) > 1:
            raise _UnfitError(Reason.of("unlike_channels", channels=" and ".join(map(str, channels))))
        if seconds_of(joined, self.item, self.clips) > (most_s := max_seconds()):
            raise _UnfitError(Reason.of("longest_clip", most_s=most_s))
        rates = {self.clips[self.item.clip_path(clip.clip)].rate for clip in joined.clips}
        return max(rates) if len(rates) > 1 else None


_CHANNEL_CHANGES: Mapping[str, Callable[[_Fitting, Parts], tuple[Parts, Adaptation]]] = {
    SPLIT: _Fitting.to_ears,
    MONO: _Fitting.to_mono,
}


def _line(part: TextSpec) -> TextSpec:
    return part if part.text.endswith("\n") else TextSpec(text=f"{part.text}\n")


def _take_label(parts: list[Part]) -> str:
    """Take the text that names the next clip off the end of ``parts``, ready to be followed by an ear.

    The label then names the ear, as it does under condition ``split``.
    """
    last = parts[-1] if parts else None
    if isinstance(last, TextSpec) and last.text.endswith(":"):
        parts.pop()
        return f"{last.text.removesuffix(':')}, "
    return ""
