"""What asking costs: the tokens a trial is likely to take, and what tokens are worth.

Estimates are made before anything is asked (``--dry-run``, ``--max-cost``), so they know only the
length of the texts and of the sounds. What a server reports as used always takes their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil

from starbench.schema import Item, Prices, TextSpec, Trial, Usage
from starbench.suites.clip_info import ClipInfo, seconds_of, sent_clips

#: Characters of English text in a token (OpenAI's and Google's own rule of thumb).
CHARACTERS_PER_TOKEN = 4.0
#: Tokens assumed for a second of sound where a vendor publishes nothing: Gemini's figure
#: (ai.google.dev/gemini-api/docs/audio).
AUDIO_TOKENS_PER_S = 32.0
#: Tokens of an answer: an assumption, a sentence or two. A model that thinks first may make ten times that.
ANSWER_TOKENS = 100


@dataclass(frozen=True)
class PromptSize:
    """What one or more prompts contain: characters of text, and seconds of sound."""

    characters: int = 0
    seconds: float = 0.0

    def __add__(self, other: PromptSize) -> PromptSize:
        return PromptSize(self.characters + other.characters, self.seconds + other.seconds)


def prompt_size(trial: Trial, item: Item, clips: Mapping[str, ClipInfo]) -> PromptSize:
    """What the prompt of ``trial`` contains, without decoding a clip."""
    return PromptSize(
        characters=sum(len(part.text) for part in trial.parts if isinstance(part, TextSpec)),
        seconds=sum(seconds_of(clip, item, clips) for clip in sent_clips(trial.parts)),
    )


def estimate(size: PromptSize, prices: Prices | None = None, answers: int = 1) -> Usage:
    """Tokens that asking ``answers`` prompts of ``size`` together is likely to take.

    ``prices`` may say how the vendor counts sound; :data:`AUDIO_TOKENS_PER_S` otherwise.
    """
    per_s = (prices.audio_tokens_per_s if prices else None) or AUDIO_TOKENS_PER_S
    audio = ceil(size.seconds * per_s)
    return Usage(
        input_tokens=ceil(size.characters / CHARACTERS_PER_TOKEN) + audio,
        output_tokens=answers * ANSWER_TOKENS,
        audio_tokens=audio,
    )


def dollars(usage: Usage, prices: Prices) -> float:
    """What ``usage`` costs, US dollars.

    Tokens of sound are part of the input tokens and are priced separately where both their number and
    their price are known; otherwise every input token costs what text does. Output tokens include
    those a model thought with.
    """
    tokens_in, tokens_out = usage.input_tokens or 0, usage.output_tokens or 0
    audio = min(usage.audio_tokens or 0, tokens_in) if prices.audio_per_million is not None else 0
    return (
        (tokens_in - audio) * prices.input_per_million
        + audio * (prices.audio_per_million or 0.0)
        + tokens_out * prices.output_per_million
    ) / 1e6


def tokens(usage: Usage) -> int:
    """All tokens of ``usage``, in and out."""
    return (usage.input_tokens or 0) + (usage.output_tokens or 0)


def total(usages: Iterable[Usage]) -> Usage | None:
    """The sum of what servers reported, a count that none reported being None; None if there is nothing."""
    reported = list(usages)
    if not reported:
        return None
    counts: dict[str, int | None] = {}
    for name in Usage.model_fields:
        known = [count for usage in reported if (count := getattr(usage, name)) is not None]
        counts[name] = sum(known) if known else None
    return Usage(**counts)
