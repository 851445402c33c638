"""SonicBench (Sun et al., arXiv 2601.11039): two-way questions whose options stand inside the prompt.

A prompt says what its letters mean in its own words, in one of many forms::

    Answer 'A' for high velocity, 'B' for low.
    Only answer letter 'A' (refers to the first clip) or 'B' (refers to the second clip).
    Reply only 'A' or 'B' (A = first, B = second).
    What is it: A. water_drops or B. crow? Only answer 'A' or 'B'.
"""

from __future__ import annotations

import re

from starbench.errors import InputError

_QUOTE = "['\"‘’“”]"
_FORMS = tuple(
    re.compile(form)
    for form in (
        # 'A' for high velocity, 'B' for low. (A number may hold a full stop.)
        rf"{_QUOTE}A{_QUOTE}\s+(?!or {_QUOTE}B|means )(.+?),?\s+(?:or\s+)?{_QUOTE}B{_QUOTE}\s+(.+?)(?:\.\s|\.?\Z)",
        # (A = first, B = second); 'A' means brightness and 'B' means dark.
        rf"\bA{_QUOTE}?\s+(?:=|means)\s+(.+?),?\s+(?:and\s+)?{_QUOTE}?B{_QUOTE}?\s+(?:=|means)\s+(.+?)[).]",
        # Is it A. water_drops or B. crow?
        r"\bA\. (.+?) or B\. (.+?)\?",
    )
)
_INSTRUCTIONS = re.compile(r"\s*(?:Only answer 'A' or 'B'\.\s*)?Do not add any explanation.*", re.DOTALL)
_TWO_CLIPS = re.compile(r"\btwo (?:audio )?(?:clips|tones|parts|sounds|segments|fragments)\b", re.IGNORECASE)

#: What leads a text and says nothing of the option.
_LEAD = re.compile(
    r"(?:for|if|to mean|refers to|it is|it's|it sounds(?: like)?|it(?= has| does)|from the"
    r"|the (?:sound|audio|rhythm|tempo)(?: is)?|the)\s+"
)
_IN_BRACKETS = re.compile(r"\(([^()]*)\).*")
_TAIL = re.compile(r"\s*(?:—.*| only)\Z")
_OTHERWISE = re.compile(r"otherwise|not|it is not")
_SECOND = re.compile(r"second(?: is| does| has more)?|otherwise")


def without_instructions(prompt: str) -> str:
    """The question of a prompt, without what only shapes the reply."""
    return _INSTRUCTIONS.sub("", prompt)


def options(prompt: str) -> tuple[str, str]:
    """The texts of options A and B, in the prompt's own words.

    A second text that only points back at the first ("B otherwise", "B if the second does") is completed by
    its words. A prompt that explains no letter but asks about two clips means the first and the second.

    Raises
    ------
    InputError
        The prompt does not say what its two letters mean.
    """
    question = without_instructions(prompt)
    for form in _FORMS:
        match = form.search(question)
        if match:
            first, second = (_cleaned(text) for text in match.groups())
            second = _completed(first, second)
            if first and second and first.lower() != second.lower():
                return first, second
    if "'B'" in prompt and _TWO_CLIPS.search(question):
        return "first", "second"
    raise InputError(
        f"this is not a SonicBench prompt, because it does not say what A and B mean: {prompt[:200]!r}"
    )


def _cleaned(text: str) -> str:
    """``text`` without brackets around it and without the words that only lead to it."""
    text = _IN_BRACKETS.sub(r"\1", text) if text.startswith("(") else _TAIL.sub("", text)
    text = " ".join(text.replace("_", " ").split())
    while lead := _LEAD.match(text):
        text = text[lead.end() :]
    return text


def _completed(first: str, second: str) -> str:
    """``second`` as a text of its own, where it only points back at ``first``."""
    if "first" in first and first != "first" and _SECOND.fullmatch(second):
        return first.replace("first", "second")
    return f"not {first}" if _OTHERWISE.fullmatch(second) else second
