"""What a model can take, compared with what a run would send: what is beyond it is not applicable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.planning.reasons import Reason
from starbench.schema import Adaptation, Capabilities, Item, JoinedSpec, Trial
from starbench.suites.clip_info import ClipInfo, channels_of, seconds_of, sent_clips
from starbench.suites.suite import Suite


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
    heard_hz = min(rates) / 2
    return None if heard_hz >= item.bandwidth_hz else Reason.of("bandwidth", heard_hz=heard_hz)


def admits(
    capabilities: Capabilities, trial: Trial, item: Item, clips: Mapping[str, ClipInfo]
) -> Reason | None:
    """Why the model cannot take ``trial``, None if it can."""
    sent = sent_clips(trial.parts)
    reason = _channel_reason(capabilities, [channels_of(part, item, clips) for part in sent])
    if reason is not None:
        return reason
    if capabilities.max_clips is not None and len(sent) > capabilities.max_clips:
        if len(sent) == 1:
            return Reason.of("one_clip", most=capabilities.max_clips)
        return Reason.of("clips", clips=len(sent), most=capabilities.max_clips)
    longest = max(sent, key=lambda part: seconds_of(part, item, clips), default=None)
    if longest is None or capabilities.max_seconds is None:
        return None
    if seconds_of(longest, item, clips) > capabilities.max_seconds:
        code = "joined_length" if isinstance(longest, JoinedSpec) else "clip_length"
        return Reason.of(code, most_s=capabilities.max_seconds)
    return None


def _channel_reason(capabilities: Capabilities, numbers: Sequence[int]) -> Reason | None:
    """Why the model cannot take clips of these numbers of channels, None if it can."""
    most, least = capabilities.max_channels, capabilities.min_channels
    if most is not None and max(numbers, default=1) > most:
        return Reason.of("channels", channels=max(numbers), most=most)
    if least is not None and min(numbers, default=least) < least:
        return Reason.of("few_channels", channels=min(numbers), least=least)
    return None


def sent_rate(
    requested: int | None, model: Model, suites: Iterable[Suite]
) -> tuple[int | None, Adaptation | None]:
    """The rate that everything is sent at, Hz, and what that changes: as requested, or one that the model reads.

    None keeps each clip's own rate. Raises :class:`InputError` if the model does not read the rate requested,
    or not the format that is sent.
    """
    accepted = model.capabilities.rates
    rates = {clip.rate for suite in suites for clip in suite.clips.values()}
    if "wav" not in model.capabilities.formats:
        raise InputError(
            f"model {model.spec!r} reads {', '.join(model.capabilities.formats)}, and WAV is what is sent"
        )
    if requested is not None:
        if accepted is not None and requested not in accepted:
            known = ", ".join(map(str, accepted))
            raise InputError(f"--rate {requested}: model {model.spec!r} reads {known} Hz")
        change = Adaptation(kind="resampled", rate_hz=requested, on_request=True)
        return requested, change if rates - {requested} else None
    if accepted is None or rates <= set(accepted):
        return None, None
    return max(accepted), Adaptation(kind="resampled", rate_hz=max(accepted))
