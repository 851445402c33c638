"""The score of guessing: a letter drawn uniformly."""

from __future__ import annotations

from hashlib import sha256

from starbench.errors import InputError
from starbench.schema import Capabilities, Prompt


class Random:
    """Answers each prompt with a random letter.

    The letter follows from the seed and the prompt's key alone, so that order, concurrency and
    resuming change nothing.

    Parameters
    ----------
    model : str
        Must be empty.
    seed : int
        The seed of the draws.
    """

    capabilities = Capabilities(text_only=True)

    def __init__(self, model: str = "", seed: int = 0) -> None:
        if model:
            raise InputError(f"the random baseline takes no model, not {model!r}: write --model random")
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise InputError(f"the seed of the random baseline must be a whole number, not {seed!r}")
        self.seed = seed

    async def generate(self, prompt: Prompt) -> str:
        """Reply with one of the prompt's letters, as ``<C>``."""
        if not prompt.options:
            return "There is no option to choose."
        draw = int.from_bytes(sha256(f"{self.seed}/{prompt.key}".encode()).digest())
        # 256 bits modulo at most 26: uniform to one part in 10^75.
        return f"<{prompt.letters[draw % len(prompt.letters)]}>"
