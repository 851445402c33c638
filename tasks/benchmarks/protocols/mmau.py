"""MMAU: prompt and scorer.

The repository (github Sakshi113/MMAU, 110127f) has the scorer and no prompt. The prompt is what one of the authors
gave as that of his own model's figures (github NVIDIA/audio-flamingo, issue 29, 2025-04-27).
"""

from __future__ import annotations

from starbench.protocols.official import letter_of
from starbench.schema import Item

from .token_match import TokenMatchProtocol


class MmauProtocol(TokenMatchProtocol):
    """MMAU: an author's prompt, and the repository's matching of words (evaluation.py, 110127f)."""

    name = "mmau"
    prompt_version = "mmau/110127f"
    scorer = "github Sakshi113/MMAU, evaluation.py, 110127f"
    groups = ("task", "difficulty", "sub-category")

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        """The question, and the options behind letters in brackets."""
        lines = [f"({letter_of(place)}) {option}" for place, option in enumerate(options)]
        return "\n".join([f"{item.question} Choose the correct option from the following options:", *lines])
