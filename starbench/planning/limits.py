"""What a model can take, held against what a trial would send: whatever is beyond it is not applicable."""

from __future__ import annotations

from collections.abc import Mapping

from starbench.planning.reasons import Reason
from starbench.schema import Capabilities, Item, JoinedSpec, Trial
from starbench.suites.clip_info import ClipInfo, channels_of, seconds_of, sent_clips


def bandwidth_reason(
    item: Item, clips: Mapping[str, ClipInfo], rate: int | None, capabilities: Capabilities
) -> Reason | None:
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
    return Reason.of("bandwidth", heard_hz=heard)


def admits(
    capabilities: Capabilities, trial: Trial, item: Item, clips: Mapping[str, ClipInfo]
) -> Reason | None:
    """Why the model cannot take ``trial``, None if it can."""
    heard = sent_clips(trial.parts)
    channels = max((channels_of(part, item, clips) for part in heard), default=1)
    if capabilities.max_channels is not None and channels > capabilities.max_channels:
        return Reason.of("channels", channels=channels, most=capabilities.max_channels)
    if capabilities.max_clips is not None and len(heard) > capabilities.max_clips:
        if len(heard) == 1:
            return Reason.of("one_clip", most=capabilities.max_clips)
        return Reason.of("clips", clips=len(heard), most=capabilities.max_clips)
    longest = max(heard, key=lambda part: seconds_of(part, item, clips), default=None)
    if longest is None or capabilities.max_seconds is None:
        return None
    if seconds_of(longest, item, clips) > capabilities.max_seconds:
        code = "joined_length" if isinstance(longest, JoinedSpec) else "clip_length"
        return Reason.of(code, most_s=capabilities.max_seconds)
    return None
