"""What a model cannot take, made takeable by a policy that the record names, or refused with a reason.

Two policies, each off unless asked for: ``channels`` for clips with more channels than the model takes,
``clips`` for prompts with more clips than it takes. Only the prompts that need it are changed, and what was
done to how many stands in the run's record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from starbench.audio import MAX_SECONDS
from starbench.planning.limits import admits
from starbench.planning.reasons import Reason
from starbench.schema import (
    Adaptation,
    Capabilities,
    ChannelPolicy,
    ClipPolicy,
    ClipSpec,
    Item,
    JoinedSpec,
    TextSpec,
    Trial,
)
from starbench.suites.clip_info import ClipInfo, channels_of, seconds_of, sent_clips

REFUSE: Final = "refuse"
CONCAT: Final = "concat"
SPLIT: Final = "split"
MONO: Final = "mono"

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
class Policy:
    """What may be done to a prompt that the model cannot take as it is.

    Attributes
    ----------
    clips : str
        ``refuse``, or ``concat``: all clips of the prompt become one, in order.
    gap_s : float
        Silence between clips that are joined, s.
    channels : str
        ``refuse``, ``split`` (two channels become two labelled clips of one) or ``mono`` (the plain mean).
    """

    clips: ClipPolicy = REFUSE
    gap_s: float = 0.5
    channels: ChannelPolicy = REFUSE


@dataclass(frozen=True)
class Adapted:
    """A trial that the model can take, and what was changed to make it so."""

    trial: Trial
    changes: tuple[Adaptation, ...] = ()


def adapt(
    trial: Trial, item: Item, clips: Mapping[str, ClipInfo], capabilities: Capabilities, policy: Policy
) -> Adapted | Reason:
    """Make ``trial`` fit what the model takes.

    Parameters
    ----------
    trial, item
        What is to be asked.
    clips : mapping
        The suite's sounds, with the rates at which they are sent.
    capabilities : Capabilities
        What the model can take.
    policy : Policy
        What may be changed for it.

    Returns
    -------
    Adapted or Reason
        The trial as it is asked; or why it cannot be, with the options that would let it.
    """
    fitting = _Fitting(item, clips, capabilities, policy)
    outcome = fitting.fit(trial)
    return outcome if isinstance(outcome, Adapted) else replace(outcome, fixes=tuple(_ways(fitting, trial)))


def is_done(policy: str, adaptations: Iterable[Adaptation]) -> bool:
    """Whether the policy for ``clips`` or ``channels`` changed any prompt."""
    return any(adaptation.kind in _KINDS[policy] for adaptation in adaptations)


def are_ears_apart(adaptations: Iterable[Adaptation]) -> bool:
    """Whether every clip of two channels was sent as two of one.

    Only a model of one channel makes the policy ``split`` do anything, and then it leaves out none.
    """
    return any(adaptation.kind == SPLIT for adaptation in adaptations)


def _ways(fitting: _Fitting, trial: Trial) -> Iterator[str]:
    """Options under which the trial could be asked, found by trying; none that adds to one found."""
    found: list[dict[str, str]] = []
    for way in _WAYS:
        is_free = all(getattr(fitting.policy, name) == REFUSE for name in way)
        if not is_free or any(fewer.items() <= way.items() for fewer in found):
            continue
        policy = replace(fitting.policy, **way)  # type: ignore[arg-type]  # only fields that are texts
        if isinstance(replace(fitting, policy=policy).fit(trial), Adapted):
            found.append(way)
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
    policy: Policy

    def fit(self, trial: Trial) -> Adapted | Reason:
        """Follow the policy as far as the prompt needs it; what then still does not fit is refused."""
        changes: list[Adaptation] = []
        parts = trial.parts
        try:
            if any(map(self._has_too_many_channels, parts)) and self.policy.channels != REFUSE:
                parts, change = _CHANNEL_CHANGES[self.policy.channels](self, parts)
                changes.append(change)
            if self._are_too_many(parts) and self.policy.clips == CONCAT:
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
        """Fold the clips that have too many channels."""
        made = [
            part.model_copy(update={"then": "mono"}) if self._has_too_many_channels(part) else part
            for part in parts
        ]
        return tuple(made), Adaptation(kind=MONO)

    def to_ears(self, parts: Parts) -> tuple[Parts, Adaptation]:
        """Make two clips of each that has too many channels, one an ear."""
        made: list[Part] = []
        for part in parts:
            if not isinstance(part, ClipSpec) or not self._has_too_many_channels(part):
                made.append(part)
                continue
            if self._channels(part) != len(_EARS):
                raise _UnfitError(Reason.of("not_two_ears", channels=self._channels(part)))
            label = _take_label(made)
            for ear in _EARS:
                made.append(TextSpec(text=f"{label}{ear} ear:"))
                made.append(part.model_copy(update={"then": ear}))
        return tuple(made), Adaptation(kind=SPLIT)

    def join(self, parts: Parts) -> tuple[Parts, Adaptation]:
        """Make one clip of all; it stands where the last one stood, behind every name."""
        heard = tuple(part for part in parts if isinstance(part, ClipSpec))
        joined = JoinedSpec(clips=heard, gap_s=self.policy.gap_s)
        change = Adaptation(
            kind=CONCAT, clips=len(heard), gap_s=joined.gap_s, rate_hz=self._rate_if_unlike(joined)
        )
        last = max(place for place, part in enumerate(parts) if isinstance(part, ClipSpec))
        made: list[Part] = []
        for place, part in enumerate(parts):
            if isinstance(part, TextSpec):
                # Where the clip that a text named has gone, servers would run it into the next text.
                is_name = place < last and isinstance(parts[place + 1], ClipSpec)
                made.append(_line(part) if is_name else part)
            elif place == last:
                made += [TextSpec(text=_JOINED.format(n=len(heard), gap_s=joined.gap_s)), joined]
        return tuple(made), change

    def _rate_if_unlike(self, joined: JoinedSpec) -> int | None:
        """The rate that clips of several rates are joined at, Hz; refused where they cannot be joined."""
        channels = sorted({self._channels(clip) for clip in joined.clips})
        if len(channels) > 1:
            raise _UnfitError(Reason.of("unlike_channels", channels=" and ".join(map(str, channels))))
        if seconds_of(joined, self.item, self.clips) > MAX_SECONDS:
            raise _UnfitError(Reason.of("longest_clip", most_s=MAX_SECONDS))
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

    The ear then stands in the label, as it does under condition ``split``.
    """
    last = parts[-1] if parts else None
    if isinstance(last, TextSpec) and last.text.endswith(":"):
        parts.pop()
        return f"{last.text.removesuffix(':')}, "
    return ""
