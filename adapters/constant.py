"""The score of a constant answer: always the same letter, or the same content wherever it stands."""

from __future__ import annotations

from typing import Literal

from starbench.errors import InputError
from starbench.schema import Capabilities, Prompt

_ABSENT = "That is not among the options."


class Constant:
    """Gives every prompt the same answer.

    Parameters
    ----------
    model : str
        A letter, whether or not there is such an option; or the text of an option, or a part of one: the
        answer is then the letter that names it. Default: the letter A.
    mode : {"letter", "content"}, optional
        Whether ``model`` is a letter or a text; by default a single letter is a letter.
    """

    capabilities = Capabilities(text_only=True)

    def __init__(self, model: str = "", mode: Literal["letter", "content"] | None = None) -> None:
        if mode not in (None, "letter", "content"):
            raise InputError(f"the constant baseline's mode must be 'letter' or 'content', not {mode!r}")
        text = model.strip()
        is_letter = not model or (len(text) == 1 and text.isascii() and text.isalpha())
        if mode == "letter" and not is_letter:
            raise InputError(f"the constant baseline's letter must be one of A to Z, not {model!r}")
        self._content = _bare(text)
        if not self._content and (mode == "content" or not is_letter):
            raise InputError("the constant baseline needs an option's text to repeat: write constant:TEXT")
        self._letter = (text.upper() or "A") if is_letter and mode != "content" else None

    async def generate(self, prompt: Prompt) -> str:
        """Reply with the letter, as ``<B>``; or say that no option, or more than one, has the content."""
        letter = self._letter or self._letter_of_content(prompt)
        return f"<{letter}>" if letter else _ABSENT

    def _letter_of_content(self, prompt: Prompt) -> str | None:
        shown = {letter: _bare(option) for letter, option in zip(prompt.letters, prompt.options, strict=True)}
        equal = [letter for letter, text in shown.items() if text == self._content]
        matches = equal or [letter for letter, text in shown.items() if self._content in text]
        return matches[0] if len(matches) == 1 else None


def _bare(text: str) -> str:
    return text.strip().removesuffix(".").strip().casefold()
