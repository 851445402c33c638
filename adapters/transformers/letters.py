"""Answers that are letters by construction: decoding held to them, or their probabilities read off.

A letter counts as one token, ``A`` or the same with a space before it, whichever of the two the vocabulary
has; where it has both, both stand for the letter. What the model would have written before its answer, a
space or a sentence, is not given a chance: these modes measure something else than free text does.
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
    """The tokens that stand for each letter, None where some letter has none of its own."""
    found: dict[str, Sequence[int]] = {}
    for letter in letters:
        spelt = (tokenizer.encode(text, add_special_tokens=False) for text in (letter, f" {letter}"))
        found[letter] = sorted({tokens[0] for tokens in spelt if len(tokens) == 1})
    all_tokens = [token for tokens in found.values() for token in tokens]
    # One token for two letters is the one for whatever is unknown.
    usable = all(found.values()) and len(set(all_tokens)) == len(all_tokens)
    return found if usable else None


def held_to(rows: Sequence[Tokens]) -> Callable[[int, Any], list[int]]:
    """What the library asks at each step: the tokens that row ``i`` of a batch may go on with."""
    allowed = [sorted(token for tokens in row.values() for token in tokens) for row in rows]

    def may_follow(row: int, _: Any) -> list[int]:
        return allowed[row]

    return may_follow


def logprobs(logits: Any, tokens: Tokens) -> dict[str, float]:
    """Natural logarithm of the probability of each letter as the next token.

    Parameters
    ----------
    logits : tensor, shape (vocabulary,)
        Of the next token.
    tokens : mapping
        The tokens that stand for each letter; their probabilities add up.
    """
    logs = logits.float().log_softmax(-1)
    return {letter: float(logs[list(ids)].logsumexp(-1)) for letter, ids in tokens.items()}


def best(scores: Mapping[str, float]) -> str:
    """The most probable letter; of equal ones the first.

    Raises
    ------
    RequestError
        If the scores are no numbers: the model's weights or its arithmetic overflowed.
    """
    if any(math.isnan(score) for score in scores.values()):
        raise RequestError("the model's probabilities are not numbers: try dtype=float32", kind="nan")
    return max(scores, key=lambda letter: scores[letter])


def spoken(token: int, tokens: Tokens) -> str:
    """The letter that ``token`` stands for."""
    return {token: letter for letter, ids in tokens.items() for token in ids}[token]
