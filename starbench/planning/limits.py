"""What a model can take, held against what a trial would send: whatever is beyond it is not applicable."""

from __future__ import annotations

from collections.abc import Mapping

from starbench.schema import Capabilities, Item, JoinedSpec, Trial
from starbench.suites.clip_info import ClipInfo, channels_of, seconds_of, sent_clips


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


def admits(capabilities: Capabilities, trial: Trial, item: Item, clips: Mapping[str, ClipInfo]) -> str | None:
    """Why the model cannot take ``trial``, None if it can."""
    heard = sent_clips(trial.parts)
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
