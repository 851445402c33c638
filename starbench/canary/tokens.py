"""What the server's counts of tokens tell about the sound.

A count is a claim, and is believed only where it behaves as a count of what a model reads must: the same
for the same request, more for more words. Then it can tell whether sound is among what is read: if it grows
by the *seconds* of sound, whatever their bytes (another rate, more bytes, the same count), sound is counted;
if it stays the same to the token, none is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from starbench.canary.interview import Answer, Interview
from starbench.canary.probes import DESCRIBE, DESCRIBE_AT_LENGTH, EXTRA_WORDS
from starbench.canary.terms import FOURFOLD, TWICE, Terms

#: Plausible tokens for one more English word.
_TOKENS_A_WORD = (0.5, 4.0)
#: A constant growth below this is a placeholder's, not a sound's: 32 queries a clip are the fewest known.
_FEWEST = 32
#: Tokens a second beyond this are bytes by another name; codecs with many code books stay below.
_MOST_A_SECOND = 400.0
#: Counts are rounded up to whole frames or chunks: how far a growth may be off, tokens and share.
_OFF, _OFF_SHARE = 2.0, 0.15
#: A usual guess at a count: characters by this.
_CHARACTERS_A_TOKEN = 4

Kind = Literal["seconds", "constant", "few", "flat", "none"]


@dataclass(frozen=True)
class Counts:
    """What the counts tell.

    Attributes
    ----------
    kind : str
        They grow by the ``seconds``; by a ``constant`` that may be a padded clip; by a ``few``, as a
        placeholder's text does; they are ``flat``; or they tell ``none`` of it.
    reason : str
        The figures, a clause.
    at_none, a_second : float
        Tokens at no sound, and for each second, where they grow by the seconds.
    """

    kind: Kind
    reason: str
    at_none: float = 0.0
    a_second: float = 0.0

    def seconds(self, tokens: int) -> float:
        """How many seconds of sound so many tokens stand for."""
        return (tokens - self.at_none) / self.a_second


class _Series(NamedTuple):
    none: int
    once: int
    twice: int
    fourfold: int
    other_rate: int | None
    two_channels: int | None


def judge(interview: Interview, terms: Terms) -> Counts:
    """What the counts of the describing probes tell."""
    asked = {"none": terms.none, **terms.counted()}
    heard = {name: interview.answers(DESCRIBE, stimulus) for name, stimulus in asked.items()}
    heard["once"] = [answer for group in interview.groups(DESCRIBE, terms.palette) for answer in group]
    total = _series(heard, "input_tokens")
    if total is None:
        return Counts("none", _unsteady(heard))
    longer = {_count(answer, "input_tokens") for answer in interview.answers(DESCRIBE_AT_LENGTH, terms.none)}
    grown = {count - total.none for count in longer if count is not None}
    low, high = (EXTRA_WORDS * tokens for tokens in _TOKENS_A_WORD)
    if len(grown) != 1 or not low <= min(grown) <= high:
        told = (
            f"{EXTRA_WORDS} more words are counted as {_range(grown)} tokens"
            if grown
            else "no count for more words"
        )
        return Counts("none", f"the counts are no token counts: {told}")
    sound = _series(heard, "audio_tokens")
    return (
        _by_seconds(total, terms)
        or (sound and _by_seconds(sound, terms))
        or _not_by_seconds(total, sound, terms)
    )


def is_estimate(interview: Interview, terms: Terms) -> bool:
    """Whether the counts are a quarter of the text's characters: a guess, and no tokenizer's count."""
    pairs = [
        (_count(answer, "input_tokens"), len(question.whole) / _CHARACTERS_A_TOKEN)
        for question in (DESCRIBE, DESCRIBE_AT_LENGTH)
        for answer in interview.answers(question, terms.none)
    ]
    return bool(pairs) and all(count is not None and abs(count - quarter) <= _OFF for count, quarter in pairs)


def _count(answer: Answer, field: str) -> int | None:
    count: int | None = getattr(answer.usage, field, None)
    return count


def _series(heard: dict[str, list[Answer]], field: str) -> _Series | None:
    """The one count of each stimulus; None if any is missing, or differs for the same input."""
    found: dict[str, int] = {}
    for name, answers in heard.items():
        counts = {_count(answer, field) for answer in answers}
        if field == "audio_tokens" and name == "none":
            counts = {count or 0 for count in counts}
        if len(counts) == 1 and None not in counts:
            found[name] = counts.pop() or 0
        elif answers or name not in ("other rate", "two channels"):
            return None
    return _Series(
        found["none"],
        found["once"],
        found["twice"],
        found["fourfold"],
        found.get("other rate"),
        found.get("two channels"),
    )


def _unsteady(heard: dict[str, list[Answer]]) -> str:
    for answers in heard.values():
        counts = [count for answer in answers if (count := _count(answer, "input_tokens")) is not None]
        if len(set(counts)) > 1:
            return f"the counts of one text with one length of sound differ ({_range(set(counts))})"
    return "no token counts for every probe"


def _by_seconds(series: _Series, terms: Terms) -> Counts | None:
    first, second = series.twice - series.once, series.fourfold - series.twice
    a_second = (series.fourfold - series.once) / ((FOURFOLD - 1) * terms.sound_s)
    even = abs(second - 2 * first) <= max(_OFF, _OFF_SHARE * second)
    if not (first > 0 and second > 0 and even and series.once > series.none and a_second <= _MOST_A_SECOND):
        return None
    spoken = series.fourfold - series.none
    slack = max(_OFF, 0.1 * spoken)
    if series.other_rate is not None and abs(series.other_rate - series.fourfold) > slack:
        return None
    doubled = series.two_channels is not None and abs(series.two_channels - series.fourfold) > slack
    if doubled and series.other_rate is None:  # two tokens for two channels, or for twice the bytes
        return None
    lengths = ", ".join(f"{times * terms.sound_s:g} s" for times in (1, TWICE, FOURFOLD))
    return Counts(
        "seconds",
        f"the counts grow by the seconds ({series.none} tokens with {terms.none.name}; "
        f"{series.once}, {series.twice} and {series.fourfold} with {lengths}), whatever the bytes",
        series.once - a_second * terms.sound_s,
        a_second,
    )


def _not_by_seconds(total: _Series, sound: _Series | None, terms: Terms) -> Counts:
    with_sound = {count for count in total[1:] if count is not None}
    claimed = {count for count in sound[1:] if count is not None} if sound else {0}
    lengths = f"{terms.sound_s:g} to {FOURFOLD * terms.sound_s:g} s"
    told = f"{total.none} with {terms.none.name}, {_range(with_sound)} with sounds of {lengths}"
    if len(with_sound) > 1:
        return Counts("none", f"the counts do not follow the seconds of sound ({told})")
    growth = with_sound.pop() - total.none
    if growth == 0 and claimed != {0}:
        return Counts(
            "none", f"the counts contradict each other ({told}, and {_range(claimed)} audio tokens)"
        )
    if growth == 0 and (terms.text_only or (sound is not None and claimed == {0})):
        return Counts("flat", f"the token counts are the same with and without sound ({told})")
    if growth == 0 or growth < 0:
        return Counts("none", f"the counts tell nothing ({told})")
    if growth < _FEWEST and terms.text_only:
        return Counts(
            "few", f"a clip of any length counts {growth} tokens, as a placeholder's text does ({told})"
        )
    return Counts("constant", f"a clip of any length counts {growth} tokens, as a padded clip does ({told})")


def _range(counts: set[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"
