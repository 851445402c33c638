"""Captions: what a model is asked of one clip, and what counts as a caption in its reply.

No question and no option is shown, so that a captioner cannot answer in place of describing; what a
later question may ask about is listed instead, the same for every clip.
"""

from __future__ import annotations

import re

from starbench.protocols.base import Part, no_text_outcome
from starbench.reading import patterns
from starbench.reading.final_part import without_thinking
from starbench.reading.plain import plain
from starbench.schema import ClipSpec, Outcome, Response, TextSpec

VERSION = "captions/1"
#: Version of a prompt that the user gave.
OWN = "own"

PROMPT = """\
Describe this recording for somebody who cannot hear it and will have to answer detailed questions \
about its sound from your words alone. You are not told the questions, so leave nothing out:
- every sound and its source, in the order in which they begin, each with the times, in seconds from \
the start of the recording, at which it begins and ends; sounds that return, how often and when; \
silences and how long they last;
- how loud each one is, and how much louder or softer than the others, in dB; how its loudness changes;
- its pitch or frequency in Hz, or whether it has none; its timbre; how they change;
- the direction it comes from: left, right or centre, in front, behind, above or below, as an angle in \
degrees where you can; which ear hears it louder or earlier;
- how far away it is, in metres; how much the room echoes and for how long;
- whether it moves: from where to where, how fast, nearer or farther.
Give numbers wherever you can, and say so where you cannot tell. Write the description alone, as plain \
text, and ask nothing."""

#: Longer texts are no captions but a model that did not stop, characters.
LONGEST = 20_000

_STOPPED = {"length": Outcome.TRUNCATED, "blocked": Outcome.BLOCKED, "refused": Outcome.REFUSED}
#: A reply declines in its first words, if it does.
_HEAD = 400
_MEASURED = re.compile(
    r"\d\s?(?:s|ms|sec|seconds?|k?hz|db|m|cm|met\w{1,4}|°|deg\w*|秒|米|度)(?![a-z])", re.IGNORECASE
)
_CANNOT = r"(?:can(?:'t|not| not)|could(?:n't| not)|do(?:n't| not)|did(?:n't| not))"
#: How a reply begins that declines; what it declines is for ``patterns.REFUSAL`` to say.
_OPENING = re.compile(
    r"\W{0,3}(?:(?:i am |i'm |we are |i )?(?:very |so |really )?(?:sorry|apologi[sz]\w{0,3}|regret)"
    r"|unfortunately|(?:i am |i'm )?(?:as )?an? (?:ai|text|large|language)"
    rf"|i(?:'m| am) (?:\w{{1,12}} )?(?:unable|not able|not capable)|i {_CANNOT}"
    r"|please (?:upload|provide|share|attach|send)"
    r"|很?抱歉|对不起|我?无法|我?不能|请(?:提供|上传)|lo siento|no puedo|désolé|je (?:suis désolé|ne)"
    r"|(?:es )?tut mir leid|leider|ich kann|desculpe|não posso|申し訳|すみません|죄송"
    r"|извините|к сожалению|я не)"
)
_SOUND = r"(?:audio|clip|recording|file|attachment)s?"
_SENT = r"(?:attached|provided|uploaded|included|received|supplied|shared)"
_SEND = r"(?:attach|provide|upload|include|supply|share)"
_NOTHING_THERE = re.compile(
    rf"\b(?:no|any) {_SOUND}(?: \w{{1,12}}){{0,2}} {_SENT}\b"
    rf"|\b{_SOUND} (?:was|were|is|are|has|have)(?:n't| not)(?: been)? {_SENT}\b"
    rf"|\byou (?:have(?:n't| not) {_SENT}|did(?:n't| not) {_SEND})\b"
    rf"|\bno {_SOUND} in (?:your|the|this) (?:message|prompt|request|conversation)\b"
)


def parts(prompt: str, clip: int) -> tuple[Part, ...]:
    """The sound first and what is wanted of it last, as protocol ``starbench`` has it."""
    return (TextSpec(text="Recording:"), ClipSpec(clip=clip), TextSpec(text=prompt))


def read(response: Response) -> tuple[Outcome, str | None]:
    """What became of a clip, and its caption where there is one.

    A caption is a reply that came whole, without hidden reasoning, of at least one word and at most
    ``LONGEST`` characters. A reply that opens by declining, or says that nothing was attached, and holds no
    measured number is ``refused``: the prompt asks for numbers throughout.
    """
    nothing = no_text_outcome(response)
    if nothing is not None:
        return nothing.outcome, None
    if response.stop != "end":
        return _STOPPED[response.stop], None
    text = without_thinking(response.text or "").strip()
    if not text:
        return Outcome.EMPTY, None
    head = plain(text[:_HEAD]).lower()
    if _declines(head, text):
        return Outcome.REFUSED, None
    if len(text) > LONGEST or patterns.SERVER_ERROR.match(head) or not any(map(str.isalpha, text)):
        return Outcome.UNPARSED, None
    return Outcome.ANSWERED, text


def _declines(head: str, text: str) -> bool:
    if _MEASURED.search(text):
        return False
    declining = _OPENING.match(head) is not None and patterns.REFUSAL.search(head) is not None
    return declining or _NOTHING_THERE.search(head) is not None
