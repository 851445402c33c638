"""What the server's token counts show about the sound.

A count is a claim, and is believed only where it behaves as a count of what a model reads must: the same
for the same request, more for more words. Then it shows whether sound is among what is read: if it grows
with the *seconds* of sound, whatever their bytes (another rate, more bytes, the same count), sound is
counted; if it stays the same to the token, none is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from starbench.canary.evidence.prober import Prober, ProbeReply
from starbench.canary.stimuli import clips
from starbench.canary.stimuli.clips import FOURFOLD, ProbeLimits
from starbench.canary.stimuli.probes import DESCRIBE, DESCRIBE_AT_LENGTH, EXTRA_WORDS, Probe

#: Plausible tokens for one more English word, least and most.
_TOKENS_PER_WORD = (0.5, 4.0)
#: A constant growth below this is a placeholder's, not a sound's: 32 queries a clip are the fewest known.
_FEWEST = 32
#: Tokens a second beyond this are bytes by another name; codecs with many code books stay below.
_MOST_PER_SECOND = 400.0
#: Counts are rounded up to whole frames or chunks: how far a growth may be off, tokens and share.
_TOLERANCE, _TOLERANCE_SHARE = 2.0, 0.15
#: Characters per token of a server that only guesses.
_CHARACTERS_PER_TOKEN = 4
#: Replies without sound, for same-input variation and to compare with replies to sound.
_SILENT = 3


@dataclass(frozen=True)
class TokenCounts:
    """What the counts show."""

    kind: Literal["seconds", "constant", "few", "flat", "none"]
    """They grow with the ``seconds``; by a ``constant`` that may be a padded clip; by a ``few``, as for the
    text of a placeholder; they are ``flat``; or they show ``none`` of it."""
    reason: str
    without_sound: float = 0.0
    per_second: float = 0.0

    def seconds(self, tokens: int) -> float:
        """How many seconds of sound so many tokens stand for."""
        return (tokens - self.without_sound) / self.per_second


class _Series(NamedTuple):
    """The one count of each stimulus; ``twofold`` is None where none is sent."""

    none: int
    once: int
    fourfold: int
    twofold: int | None


def counting_probes(prober: Prober) -> list[Probe]:
    """The same description without sound, in more words, and of longer clips.

    Longer clips, and more words, only where the counts so far can be token counts at all.
    """
    limits = prober.limits
    silent = clips.no_sound(limits)
    probes = [Probe(DESCRIBE, silent)] * _SILENT
    if _only(_pair_replies(prober), "input_tokens") is not None:
        longer = (clips.fourfold_tone(limits), clips.twofold_tone(limits))
        probes.append(Probe(DESCRIBE_AT_LENGTH, silent))
        probes += [Probe(DESCRIBE, clip) for clip in longer if clip]
    return probes


def judge(prober: Prober) -> TokenCounts:
    """What the counts of the describing probes show."""
    limits = prober.limits
    twofold = clips.twofold_tone(limits)
    replies = {
        "none": prober.replies(DESCRIBE, clips.no_sound(limits)),
        "once": _pair_replies(prober),
        "fourfold": prober.replies(DESCRIBE, clips.fourfold_tone(limits)),
        "twofold": prober.replies(DESCRIBE, twofold) if twofold else [],
    }
    tokens = _series(replies, "input_tokens")
    if tokens is None:
        return TokenCounts("none", _unsteady(replies))
    more_words = _counts(prober.replies(DESCRIBE_AT_LENGTH, clips.no_sound(limits)), "input_tokens")
    growth = {count - tokens.none for count in more_words if count is not None}
    least, most = (EXTRA_WORDS * tokens for tokens in _TOKENS_PER_WORD)
    if len(growth) != 1 or not least <= min(growth) <= most:
        figures = f"{EXTRA_WORDS} more words count {_range(growth)} more" if growth else "none for more words"
        return TokenCounts("none", f"the counts are not token counts: {figures}")
    audio_tokens = _series(replies, "audio_tokens")
    return (
        _by_seconds(tokens, limits)
        or (audio_tokens and _by_seconds(audio_tokens, limits))
        or _not_by_seconds(tokens, audio_tokens, limits)
    )


def is_estimate(prober: Prober) -> bool:
    """Whether the counts are a quarter of the text's characters: a guess, and no tokenizer's count."""
    counts = [
        (count, len(question.full_text) / _CHARACTERS_PER_TOKEN)
        for question in (DESCRIBE, DESCRIBE_AT_LENGTH)
        for count in _counts(prober.replies(question, clips.no_sound(prober.limits)), "input_tokens")
    ]
    return bool(counts) and all(
        count is not None and abs(count - quarter) <= _TOLERANCE for count, quarter in counts
    )


def _pair_replies(prober: Prober) -> list[ProbeReply]:
    groups = prober.groups(DESCRIBE, clips.sound_pairs(prober.limits, 0).values())
    return [reply for group in groups for reply in group]


def _counts(replies: Sequence[ProbeReply], field: str) -> set[int | None]:
    return {getattr(reply.usage, field, None) for reply in replies}


def _only(replies: Sequence[ProbeReply], field: str) -> int | None:
    """The one count that all replies have; None if one is missing, or they differ."""
    counts = _counts(replies, field)
    return counts.pop() if len(counts) == 1 else None


def _series(replies: Mapping[str, Sequence[ProbeReply]], field: str) -> _Series | None:
    """The one count of each stimulus; None if any is missing, or differs for the same input."""
    counts = {name: _only(group, field) for name, group in replies.items()}
    if field == "audio_tokens" and _counts(replies["none"], field) <= {0, None}:
        counts["none"] = 0
    none, once, fourfold, twofold = (counts[name] for name in _Series._fields)
    if none is None or once is None or fourfold is None or (twofold is None and replies["twofold"]):
        return None
    return _Series(none, once, fourfold, twofold)


def _unsteady(replies: Mapping[str, Sequence[ProbeReply]]) -> str:
    for group in replies.values():
        counts = {count for count in _counts(group, "input_tokens") if count is not None}
        if len(counts) > 1:
            return f"the counts of one text with one length of sound differ ({_range(counts)})"
    return "no token counts for every probe"


def _by_seconds(series: _Series, limits: ProbeLimits) -> TokenCounts | None:
    growth = series.fourfold - series.once
    per_second = growth / ((FOURFOLD - 1) * limits.sound_s)
    if not (growth > 0 and series.once > series.none and per_second <= _MOST_PER_SECOND):
        return None
    expected = series.once + per_second * limits.sound_s
    tolerance = max(_TOLERANCE, _TOLERANCE_SHARE * growth)
    if series.twofold is not None and abs(series.twofold - expected) > tolerance:
        return None
    reason = (
        f"the counts grow with the seconds, whatever the bytes ({series.none} tokens with "
        f"{clips.no_sound(limits).name}; {series.once} and {series.fourfold} with {limits.sound_s:g} s and "
        f"{FOURFOLD * limits.sound_s:g} s)"
    )
    return TokenCounts("seconds", reason, series.once - per_second * limits.sound_s, per_second)


def _not_by_seconds(tokens: _Series, audio_tokens: _Series | None, limits: ProbeLimits) -> TokenCounts:
    with_sound = {count for count in tokens[1:] if count is not None}
    claimed = {count for count in audio_tokens[1:] if count is not None} if audio_tokens else {0}
    lengths = f"{limits.sound_s:g} to {FOURFOLD * limits.sound_s:g} s"
    figures = (
        f"{tokens.none} with {clips.no_sound(limits).name}, {_range(with_sound)} with sounds of {lengths}"
    )
    if len(with_sound) > 1:
        return TokenCounts("none", f"the counts do not follow the seconds of sound ({figures})")
    growth = with_sound.pop() - tokens.none
    if growth == 0 and claimed != {0}:
        figures = f"{figures}, and {_range(claimed)} audio tokens"
        return TokenCounts("none", f"the counts contradict each other ({figures})")
    if growth == 0 and (limits.text_only or (audio_tokens is not None and claimed == {0})):
        return TokenCounts("flat", f"the token counts are the same with and without sound ({figures})")
    if growth <= 0:
        return TokenCounts("none", f"the counts show nothing ({figures})")
    clip = f"a clip of any length counts {growth} tokens, as"
    if growth < _FEWEST and limits.text_only:
        return TokenCounts("few", f"{clip} the text of a placeholder does ({figures})")
    return TokenCounts("constant", f"{clip} a padded clip does ({figures})")


def _range(counts: set[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"
