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

from starbench.canary.evidence.session import ProbeSession, Reply
from starbench.canary.stimuli.clips import longer_clips, no_sound, sound_pairs
from starbench.canary.stimuli.probe_limits import FOURFOLD, ProbeLimits
from starbench.canary.stimuli.probes import Probe
from starbench.canary.stimuli.questions import DESCRIBE, DESCRIBE_AT_LENGTH, EXTRA_WORDS

#: Plausible tokens for one more English word.
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

Kind = Literal["seconds", "constant", "few", "flat", "none"]


@dataclass(frozen=True)
class TokenCounts:
    """What the counts show."""

    kind: Kind
    """They grow with the ``seconds``; by a ``constant`` that may be a padded clip; by a ``few``, as for the
    text of a placeholder; they are ``flat``; or they show ``none`` of it."""
    reason: str
    without_sound: float = 0.0
    per_second: float = 0.0

    def seconds(self, tokens: int) -> float:
        """How many seconds of sound so many tokens stand for."""
        return (tokens - self.without_sound) / self.per_second


class _Series(NamedTuple):
    none: int
    once: int
    fourfold: int
    twofold: int | None


def counting_probes(session: ProbeSession, limits: ProbeLimits) -> list[Probe]:
    """The same description without sound, in more words, and of longer clips.

    Longer clips, and more words, only where the counts so far can be token counts at all.
    """
    silent = no_sound(limits)
    probes = [Probe(DESCRIBE, silent)] * _SILENT
    if _only(_pair_replies(session, limits), "input_tokens") is not None:
        clips = [clip for clip in longer_clips(limits) if clip]
        probes += [Probe(DESCRIBE_AT_LENGTH, silent), *(Probe(DESCRIBE, clip) for clip in clips)]
    return probes


def judge(session: ProbeSession, limits: ProbeLimits) -> TokenCounts:
    """What the counts of the describing probes show."""
    longer = longer_clips(limits)
    replies = {
        "none": session.replies(DESCRIBE, no_sound(limits)),
        "once": _pair_replies(session, limits),
        "fourfold": session.replies(DESCRIBE, longer.fourfold),
        "twofold": session.replies(DESCRIBE, longer.twofold) if longer.twofold else [],
    }
    tokens = _series(replies, "input_tokens")
    if tokens is None:
        return TokenCounts("none", _unsteady(replies))
    more_words = session.replies(DESCRIBE_AT_LENGTH, no_sound(limits))
    growth = {
        count - tokens.none for reply in more_words if (count := _count(reply, "input_tokens")) is not None
    }
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


def is_estimate(session: ProbeSession, limits: ProbeLimits) -> bool:
    """Whether the counts are a quarter of the text's characters: a guess, and no tokenizer's count."""
    counts = [
        (_count(reply, "input_tokens"), len(question.full_text) / _CHARACTERS_PER_TOKEN)
        for question in (DESCRIBE, DESCRIBE_AT_LENGTH)
        for reply in session.replies(question, no_sound(limits))
    ]
    return bool(counts) and all(
        count is not None and abs(count - quarter) <= _TOLERANCE for count, quarter in counts
    )


def _pair_replies(session: ProbeSession, limits: ProbeLimits) -> list[Reply]:
    groups = session.groups(DESCRIBE, sound_pairs(limits, 0).values())
    return [reply for group in groups for reply in group]


def _count(reply: Reply, field: str) -> int | None:
    count: int | None = getattr(reply.usage, field, None)
    return count


def _only(replies: Sequence[Reply], field: str) -> int | None:
    """The one count that all replies have; None if one is missing, or they differ."""
    counts = {_count(reply, field) for reply in replies}
    return counts.pop() if len(counts) == 1 else None


def _series(replies: Mapping[str, Sequence[Reply]], field: str) -> _Series | None:
    """The one count of each stimulus; None if any is missing, or differs for the same input."""
    counts = {name: _only(group, field) for name, group in replies.items()}
    if field == "audio_tokens" and {_count(reply, field) or 0 for reply in replies["none"]} == {0}:
        counts["none"] = 0
    none, once, fourfold, twofold = (counts[name] for name in ("none", "once", "fourfold", "twofold"))
    if none is None or once is None or fourfold is None or (twofold is None and replies["twofold"]):
        return None
    return _Series(none, once, fourfold, twofold)


def _unsteady(replies: Mapping[str, Sequence[Reply]]) -> str:
    for group in replies.values():
        counts = {count for reply in group if (count := _count(reply, "input_tokens")) is not None}
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
    lengths = f"{limits.sound_s:g} s and {FOURFOLD * limits.sound_s:g} s"
    return TokenCounts(
        "seconds",
        f"the counts grow with the seconds, whatever the bytes ({series.none} tokens with "
        f"{no_sound(limits).name}; {series.once} and {series.fourfold} with {lengths})",
        series.once - per_second * limits.sound_s,
        per_second,
    )


def _not_by_seconds(tokens: _Series, audio_tokens: _Series | None, limits: ProbeLimits) -> TokenCounts:
    with_sound = {count for count in tokens[1:] if count is not None}
    claimed = {count for count in audio_tokens[1:] if count is not None} if audio_tokens else {0}
    lengths = f"{limits.sound_s:g} to {FOURFOLD * limits.sound_s:g} s"
    figures = f"{tokens.none} with {no_sound(limits).name}, {_range(with_sound)} with sounds of {lengths}"
    if len(with_sound) > 1:
        return TokenCounts("none", f"the counts do not follow the seconds of sound ({figures})")
    growth = with_sound.pop() - tokens.none
    if growth == 0 and claimed != {0}:
        return TokenCounts(
            "none", f"the counts contradict each other ({figures}, and {_range(claimed)} audio tokens)"
        )
    if growth == 0 and (limits.text_only or (audio_tokens is not None and claimed == {0})):
        return TokenCounts("flat", f"the token counts are the same with and without sound ({figures})")
    if growth <= 0:
        return TokenCounts("none", f"the counts show nothing ({figures})")
    if growth < _FEWEST and limits.text_only:
        return TokenCounts(
            "few",
            f"a clip of any length counts {growth} tokens, as the text of a placeholder does ({figures})",
        )
    return TokenCounts(
        "constant", f"a clip of any length counts {growth} tokens, as a padded clip does ({figures})"
    )


def _range(counts: set[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"
