"""The network that predicts the next code: a small GPT with RMSNorm, rotary positions and SiLU, as AuriStream's.

Without torch this module cannot be imported: call :func:`~starbench.diagnose.tokens.interface.require` first.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Block(nn.Module):
    """Causal attention, then a gated SiLU layer, each added to what comes in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_gate = nn.RMSNorm(width), nn.RMSNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate, self.up = nn.Linear(width, 2 * width, bias=False), nn.Linear(width, 2 * width, bias=False)
        self.down = nn.Linear(2 * width, width, bias=False)

    def forward(self, x: Any) -> Any:
        """Shape (batch, n, width) in and out."""
        batch, n, width = x.shape
        parts = self.query_key_value(self.before_attention(x)).view(batch, n, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        attended = nn.functional.scaled_dot_product_attention(
            _rotated(query), _rotated(key), value, is_causal=True
        )
        x = x + self.out(attended.transpose(1, 2).reshape(batch, n, width))
        normed = self.before_gate(x)
        return x + self.down(nn.functional.silu(self.gate(normed)) * self.up(normed))


def _rotated(x: Any) -> Any:
    """Rotary positions (Su et al. 2021) of queries or keys, shape (batch, heads, n, size)."""
    n, half = x.shape[-2], x.shape[-1] // 2
    speed = 10_000.0 ** (-torch.arange(half) / half)
    angle = torch.arange(n)[:, None] * speed
    first, second = x[..., :half], x[..., half:]
    cos, sin = angle.cos(), angle.sin()
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


class NextCodeNetwork(nn.Module):
    """Logits of the next code. It begins as the unigram, and learns only what context adds.

    A code's vector is one of its own plus the sum of its bits' vectors, which codes share that sound alike.
    """

    def __init__(self, size: int, layers: int, width: int, heads: int) -> None:
        super().__init__()
        bits = max(1, (size - 1).bit_length())
        values = torch.arange(size)[:, None] >> torch.arange(bits) & 1
        self.register_buffer("bit_values", values.float() * 2 - 1, persistent=False)
        self.of_code = nn.Embedding(size, width)
        nn.init.normal_(self.of_code.weight, std=0.02)
        self.of_bit = nn.Linear(bits, width, bias=False)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.last = nn.RMSNorm(width)
        nn.init.zeros_(self.last.weight)
        self.unigram = nn.Parameter(torch.zeros(size), requires_grad=False)

    def forward(self, codes: Any) -> Any:
        """Codes (batch, n) -> logits (batch, n, size)."""
        table = self.of_code.weight + self.of_bit(self.bit_values)
        return self.last(self.blocks(table[codes])) @ table.T + self.unigram
