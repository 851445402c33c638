"""What a model can take, held against what a trial would send: whatever is beyond it is not applicable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starbench.schema import Capabilities, ClipSpec, Item, JoinedSpec, TextSpec, Trial
from starbench.suites.validate import ClipInfo

#: Changes after which a clip has one channel.
_TO_ONE_CHANNEL = ("left", "right", "mono")


def bandwidth_reason(
    item: Item, clips: Mapping[str, ClipInfo], rate: int | None, capabilities: Capabilities
) -> str | None:
    """Why the cue of ``item`` cannot arrive, None if it can.

    Nothing above half of the lowest rate on the way (the file's own, the rate sent, the model's declared
    front end) is heard.
    """
    if item.bandwidth_hz is None:
        return None
    rates = [clips[path].rate for path in item.audio_paths]
    rates += [r for r in (rate, capabilities.front_end_hz) if r is not None]
    heard = min(rates) / 2
    if heard >= item.bandwidth_hz:
        return None
    return f"the cue lies above the {heard:g} Hz that arrive"


def sent(parts: Iterable[TextSpec | ClipSpec | JoinedSpec]) -> list[ClipSpec | JoinedSpec]:
    """The clips of a prompt, each as one that the model gets."""
    return [part for part in parts if not isinstance(part, TextSpec)]


def channels_of(part: ClipSpec | JoinedSpec, item: Item, clips: Mapping[str, ClipInfo]) -> int:
    """Channels of a clip as it is sent."""
    if isinstance(part, JoinedSpec):
        return max(channels_of(one, item, clips) for one in part.clips)
    if part.then is not None or part.transform in _TO_ONE_CHANNEL:
        return 1
    return clips[item.clip_path(part.clip)].channels


def seconds_of(part: ClipSpec | JoinedSpec, item: Item, clips: Mapping[str, ClipInfo]) -> float:
    """Length of a clip as it is sent, s."""
    if isinstance(part, JoinedSpec):
        gaps = part.gap_s * (len(part.clips) - 1)
        return gaps + sum(seconds_of(one, item, clips) for one in part.clips)
    return clips[item.clip_path(part.clip)].seconds


def admits(capabilities: Capabilities, trial: Trial, item: Item, clips: Mapping[str, ClipInfo]) -> str | None:
    """Why the model cannot take ``trial``, None if it can."""
    heard = sent(trial.parts)
    channels = max((channels_of(part, item, clips) for part in heard), default=1)
    if capabilities.max_channels is not None and channels > capabilities.max_channels:
        return f"clips of {channels} channels, and the model takes {capabilities.max_channels}"
    if capabilities.max_clips is not None and len(heard) > capabilities.max_clips:
        clip = "clip" if len(heard) == 1 else "clips"
        return f"{len(heard)} {clip}, and the model takes {capabilities.max_clips}"
    longest = max(heard, key=lambda part: seconds_of(part, item, clips), default=None)
    if longest is None or capabilities.max_seconds is None:
        return None
    if seconds_of(longest, item, clips) > capabilities.max_seconds:
        what = "clips that are joined to one" if isinstance(longest, JoinedSpec) else "a clip"
        return f"{what} longer than the {capabilities.max_seconds:g} s that the model takes"
    return None
