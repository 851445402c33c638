"""What is known of clips without decoding them: in a suite's files, and as a prompt sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starbench.schema import ClipSpec, Item, JoinedSpec, TextSpec

#: Changes after which a clip has one channel.
_TO_ONE_CHANNEL = ("left", "right", "mono")


@dataclass(frozen=True)
class ClipInfo:
    """What a sound file holds: digest of its sound, channels, rate in Hz, length in s."""

    digest: str
    channels: int
    rate: int
    seconds: float


def sent_clips(parts: Iterable[TextSpec | ClipSpec | JoinedSpec]) -> list[ClipSpec | JoinedSpec]:
    """The clips of a prompt, each as one that the model gets."""
    return [part for part in parts if not isinstance(part, TextSpec)]


def channels_of(part: ClipSpec | JoinedSpec, item: Item, clips: Mapping[str, ClipInfo]) -> int:
    """Channels of a clip as it is sent."""
    if isinstance(part, JoinedSpec):
        return max(channels_of(one, item, clips) for one in part.clips)
    if part.then is not None or part.transform in _TO_ONE_CHANNEL:
        return 1
    return clips[item.clip_path(part.clip)].channels


def has_two_channels(
    parts: Iterable[TextSpec | ClipSpec | JoinedSpec], item: Item, clips: Mapping[str, ClipInfo]
) -> bool:
    """Whether a prompt sends a clip of two channels."""
    return any(channels_of(part, item, clips) == 2 for part in sent_clips(parts))


def seconds_of(part: ClipSpec | JoinedSpec, item: Item, clips: Mapping[str, ClipInfo]) -> float:
    """Length of a clip as it is sent, s."""
    if isinstance(part, JoinedSpec):
        gaps = part.gap_s * (len(part.clips) - 1)
        return gaps + sum(seconds_of(one, item, clips) for one in part.clips)
    return clips[item.clip_path(part.clip)].seconds
