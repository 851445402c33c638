"""MMAR: prompt and scorer.

The repository (github ddlBoJack/MMAR, 3bce090) has the scorer. The prompt is what its authors gave in their issue 3,
as github NVIDIA/audio-flamingo, issue 54, quotes it.
"""

from __future__ import annotations

from starbench.schema import Item

from .token_match import TokenMatchProtocol


class MmarProtocol(TokenMatchProtocol):
    """MMAR: the authors' prompt, without letters, and the matching of words of their code/evaluation.py, 3bce090."""

    name = "mmar"
    prompt_version = "mmar/3bce090"
    scorer = "github ddlBoJack/MMAR, code/evaluation.py, 3bce090"
    groups = ("modality", "category", "sub-category")

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        """The question, and the options, a line each."""
        return "\n".join([item.question, "Select one option from the provided choices:", *options])
