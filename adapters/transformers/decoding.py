"""How text is got out of a model: plain greedy decoding, or seeded sampling where it is asked for.

Checkpoints come with suggestions for chatting (Qwen2-Audio samples, with top_p 0.5). The library fills
whatever a caller leaves open from them, so they are taken off the model itself, but for its special tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .loading import library


@dataclass(frozen=True)
class Cut:
    """The tokens a model wrote in one row.

    Attributes
    ----------
    tokens : list of int
        Up to its end, without the padding after it.
    finished : bool
        Whether it ended by itself.
    """

    tokens: list[int]
    finished: bool


def plain(suggested: Any, tokenizer: Any) -> Any:
    """What is left of a checkpoint's suggestions: the tokens that begin, end and pad a text."""
    end = tokenizer.eos_token_id if suggested.eos_token_id is None else suggested.eos_token_id
    pad = tokenizer.pad_token_id if suggested.pad_token_id is None else suggested.pad_token_id
    return library().GenerationConfig(
        bos_token_id=suggested.bos_token_id,
        eos_token_id=end,
        pad_token_id=next(iter(_several(end)), None) if pad is None else pad,
    )


def settings(own: Any, max_new_tokens: int, temperature: float | None) -> Any:
    """The library's configuration for one reply.

    Parameters
    ----------
    own : GenerationConfig
        The model's, made :func:`plain`.
    max_new_tokens : int
        The longest reply.
    temperature : float, optional
        Draw from the whole distribution at this temperature; None: the most probable token, always.
    """
    how: dict[str, Any] = {"do_sample": False}
    if temperature is not None:
        how = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    return library().GenerationConfig(
        bos_token_id=own.bos_token_id,
        eos_token_id=own.eos_token_id,
        pad_token_id=own.pad_token_id,
        max_new_tokens=max_new_tokens,
        return_dict_in_generate=True,
        output_logits=max_new_tokens == 1,
        **how,
    )


def cut(tokens: Sequence[int], config: Any) -> Cut:
    """What of a row was written; its ending token is the last of it."""
    ending = _several(config.eos_token_id)
    for i, token in enumerate(tokens):
        if token in ending:
            return Cut(list(tokens[: i + 1]), finished=True)
    return Cut(list(tokens), finished=False)


def _several(token: int | list[int] | None) -> list[int]:
    if token is None:
        return []
    return [token] if isinstance(token, int) else list(token)
