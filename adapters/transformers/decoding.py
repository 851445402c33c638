"""How text is generated: plain greedy decoding, or seeded sampling where the user wants it.

Checkpoints come with suggestions for chatting (Qwen2-Audio samples, with top_p 0.5). The library fills
whatever a caller leaves open from them, so they are removed from the model, except for its special tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .loading import library


def special_tokens(suggested: Any, tokenizer: Any) -> Any:
    """Return all that is kept of a checkpoint's suggestions: the tokens that begin, end and pad a text."""
    end = tokenizer.eos_token_id if suggested.eos_token_id is None else suggested.eos_token_id
    pad = tokenizer.pad_token_id if suggested.pad_token_id is None else suggested.pad_token_id
    return library().GenerationConfig(
        bos_token_id=suggested.bos_token_id,
        eos_token_id=end,
        pad_token_id=next(iter(_as_list(end)), None) if pad is None else pad,
    )


def configuration(own: Any, max_new_tokens: int, temperature: float | None) -> Any:
    """Return the library's configuration for one reply, from the model's ``own`` :func:`special_tokens`.

    With a temperature tokens are drawn from the whole distribution; without one each is the most probable.
    """
    method: dict[str, Any] = {"do_sample": False}
    if temperature is not None:
        method = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    return library().GenerationConfig(
        bos_token_id=own.bos_token_id,
        eos_token_id=own.eos_token_id,
        pad_token_id=own.pad_token_id,
        max_new_tokens=max_new_tokens,
        return_dict_in_generate=True,
        output_logits=max_new_tokens == 1,
        **method,
    )


def without_padding(tokens: Sequence[int], config: Any) -> tuple[Sequence[int], bool]:
    """Return a row up to its ending token, and whether it has one."""
    ending = _as_list(config.eos_token_id)
    end = next((i for i, token in enumerate(tokens) if token in ending), None)
    return (tokens, False) if end is None else (tokens[: end + 1], True)


def _as_list(token: int | list[int] | None) -> list[int]:
    if token is None:
        return []
    return [token] if isinstance(token, int) else list(token)
