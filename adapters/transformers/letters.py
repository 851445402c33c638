"""Answers that are letters by construction: decoding restricted to them, or their probabilities.

A letter counts as one token, ``A`` or the same with a space before it, whichever of the two the vocabulary
has; where it has both, both stand for the letter. The model cannot write a space or a sentence before its
answer: these modes measure something else than free text does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from starbench.errors import RequestError

Tokens = Mapping[str, Sequence[int]]
"""The tokens that stand for each letter."""


def letter_tokens(tokenizer: Any, letters: Iterable[str] = ascii_uppercase) -> Tokens | None:
    """Return the tokens that stand for each letter, None where some letter has none of its own."""
    by_letter: dict[str, Sequence[int]] = {}
    for letter in letters:
        spellings = (tokenizer.encode(text, add_special_tokens=False) for text in (letter, f" {letter}"))
        by_letter[letter] = sorted({tokens[0] for tokens in spellings if len(tokens) == 1})
    all_tokens = [token for tokens in by_letter.values() for token in tokens]
    # One token for two letters is the one for whatever is unknown.
    usable = all(by_letter.values()) and len(set(all_tokens)) == len(all_tokens)
    return by_letter if usable else None


def only(rows: Sequence[Tokens]) -> Callable[[int, Any], list[int]]:
    """Return what the library calls at each step: the tokens that may come next in row ``i`` of a batch."""
    allowed = [sorted(token for tokens in row.values() for token in tokens) for row in rows]
    return lambda row, _: allowed[row]


def logprobs(logits: Any, tokens: Tokens) -> dict[str, float]:
    """Return the natural logarithm of the probability of each letter, from the next token's logits.

    The probabilities of the tokens that stand for a letter add up. A letter that the model rules out is left out.
    """
    logs = logits.float().log_softmax(-1)
    sums = {letter: float(logs[list(ids)].logsumexp(-1)) for letter, ids in tokens.items()}
    return {letter: value for letter, value in sums.items() if value != -math.inf}


def best(scores: Mapping[str, float]) -> str:
    """Return the most probable letter; of equal ones the first.

    Scores that are not numbers are a ``RequestError``: the model's weights or its arithmetic overflowed.
    """
    if not scores or any(math.isnan(score) for score in scores.values()):
        raise RequestError("the model's probabilities are not numbers: try dtype=float32", kind="nan")
    return max(scores, key=lambda letter: scores[letter])


def letter_of(token: int, tokens: Tokens) -> str:
    """Return the letter that ``token`` stands for."""
    return {token: letter for letter, ids in tokens.items() for token in ids}[token]
