"""What a model can take, held against what a trial would send: whatever is beyond it is not applicable."""

from __future__ import annotations

from collections.abc import Mapping

from starbench.intake import ClipInfo
from starbench.schema import Capabilities, ClipSpec, Item, Trial


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
    sent = [part for part in trial.parts if isinstance(part, ClipSpec)]
    if capabilities.max_clips is not None and len(sent) > capabilities.max_clips:
        return f"{len(sent)} clips, and the model takes {capabilities.max_clips}"
    longest = max((clips[item.clip_path(part.clip)].seconds for part in sent), default=0.0)
    if capabilities.max_seconds is not None and longest > capabilities.max_seconds:
        return f"a clip longer than the {capabilities.max_seconds:g} s that the model takes"
    return None
