"""How AIR-Bench and, after it, MMSU find a letter in a reply, and write four options where there are fewer."""

from __future__ import annotations

from itertools import zip_longest

from starbench.protocols.base import Result

LETTERS = "ABCD"
FIRST_LETTER = "first-letter"
#: Both prompts offer four options whatever a question has, and both scorers take the same two places for a letter.
SHARED_DEFECTS = {
    FIRST_LETTER: "the first character counts as the letter even where it begins a word: a reply that begins with "
    "Answer or Although chooses A, with Based chooses B, with Correct chooses C, with During chooses D",
    "none-options": "a question of fewer than four options is shown with options that read None",
}


def four_options(options: tuple[str, ...]) -> str:
    """Four lines of options; what a question lacks reads None, as Python prints it."""
    return "\n".join(f"{letter}. {option}" for letter, option in zip_longest(LETTERS, options))


def text_of(reply: str) -> str:
    """A reply as both scorers look at it."""
    return reply.strip().replace("\n", "")


def letter_in(text: str) -> str | None:
    """The first character if it is a letter of an option, else the last but one; None where neither is."""
    return next((place for place in (text[:1], text[-2:-1]) if place and place in LETTERS), None)


def begins_a_word(text: str) -> bool:
    """Whether the letter that is found is only the first of a word."""
    return text[:1] in tuple(LETTERS) and text[1:2].isalpha()


def is_right(letter: str, result: Result) -> bool:
    """Whether the option of this letter has the answer's text; a letter that no option has is wrong."""
    place = LETTERS.index(letter)
    return result.options[place : place + 1] == (result.answer,)
