"""The model's own turn in a reply that holds others: the prompt repeated, or questions and answers made up after it."""

from __future__ import annotations

import re

#: Tokens that chat templates put before a turn; they are never text.
_TOKENS = (
    re.compile(
        r"<\|im_start\|>\s?(?:user|system)|<\|(?:user|system|start_header_id)\|>|<start_of_turn>user|\[INST\]|<<SYS>>",
        re.IGNORECASE,
    ),
    re.compile(r"<\|im_start\|>\s?assistant|<\|assistant\|>|<start_of_turn>model|\[/INST\]", re.IGNORECASE),
)
_END = re.compile(r"</s>|<\|(?:im_end|eot_id|endoftext|end_of_text)\|>|<end_of_turn>", re.IGNORECASE)
_ROLE = r"(?:user|human|system|question|instruction|q|example|quiz|problem|exercise|sample)"
#: Lines that begin a turn in a transcript or a list of examples.
_LINES = (
    re.compile(
        rf"^[^\S\n]*(?:#{{1,4}}\s?)?{_ROLE}\s?\d{{0,3}}\s?(?::|$)(?![^\n]*\banswer)|^[^\S\n]*#{{3,}}\s*$",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(
        r"^[^\S\n]*(?:#{1,4}\s?)?(?:assistant|response|ai|bot|model|answer)\s?:", re.IGNORECASE | re.MULTILINE
    ),
)
_BLANK_LINE = re.compile(r"\n\s*\n")
#: What answers before the question is put again is short, characters.
_BRIEF = 200


def templated_turn(reply: str) -> str:
    """What the model says first by the tokens of its chat template."""
    own = _first_own(reply, *_TOKENS) or reply
    end = _END.search(own)
    said = own[: end.start()] if end else own
    # Where "<s>" comes first, it strikes out.
    return said if said.strip() and "<s>" not in said.lower() else own


def own_turn(reply: str, question: str | None = None) -> str:
    """What the model itself says first: without the prompt before it, and without what it makes up afterwards."""
    return _first_own(reply, *_LINES) or _before_question(reply, question)


def _first_own(reply: str, theirs: re.Pattern[str], ours: re.Pattern[str]) -> str | None:
    first = theirs.search(reply)
    if first is None:
        return None
    if reply[: first.start()].strip():
        return reply[: first.start()]
    own = ours.search(reply, first.end())
    if own is None:
        return None
    following = theirs.search(reply, own.end())
    return reply[own.end() : following.start() if following else len(reply)]


def _before_question(reply: str, question: str | None) -> str:
    """What stands before the question where it is put again in a paragraph of its own."""
    if not question:
        return reply
    for gap in _BLANK_LINE.finditer(reply, 0, _BRIEF):
        if reply.startswith(question.strip(), gap.end()) and reply[: gap.start()].strip():
            return reply[: gap.start()]
    return reply
