"""The part of a reply that is its answer: what stands outside the model's thinking, or in an answer tag."""

from __future__ import annotations

import re
from typing import NamedTuple

_THINKING = (
    "think|thinking|thoughts?|thought_?process|reasoning|reflection|scratchpad|planning|plan|caption|analysis"
    "|summary|思考(?:过程)?|思考過程|推理(?:过程)?|分析"
)
_ANSWER = "answer|final_?answer|final|response|conclusion|choice|output|回答|答案|最终答案"
#: The names of tags may have a prefix (``<seed:think>``); a tag that closes may lack its end.
_PREFIX = r"(?:\w{1,12}:)?"
_TAG = re.compile(
    rf"(?P<open><{_PREFIX}(?:{_THINKING})>|[\[【](?:THINK|REASONING|THOUGHT|思考|推理)[\]】]|◁think▷"
    r"|<\|begin_of_thought\|>|\A\s*thinking\.\.\.\s*\n"
    r"|<\|channel\|>\s?(?:analysis|commentary)[^<]{0,40}<\|message\|>)"
    rf"|(?P<close></{_PREFIX}(?:{_THINKING})(?:>|(?=\s))|[\[【]/(?:THINK|REASONING|THOUGHT|思考|推理)[\]】]|◁/think▷"
    r"|<\|end_of_thought\|>|^\.{3}\s?done thinking\.?\s*$"
    r"|<\|channel\|>\s?final[^<]{0,40}<\|message\|>)"
    rf"|(?P<answer>(?:<|(?<![^\s]))(?:{_ANSWER})>|<(?:{_ANSWER})\s(?=[^<>\n]{{0,40}}</(?:{_ANSWER})>)"
    r"|[\[【](?:ANSWER|FINAL ANSWER|答案|回答|最终答案)[\]】])"
    rf"|(?P<answered></(?:{_ANSWER})>|[\[【]/(?:ANSWER|答案|回答)[\]】])",
    re.IGNORECASE | re.MULTILINE,
)
_LETTER_ALONE = re.compile(r"\W*[A-Za-z]\W*")
#: How thinking that is not marked begins.
_ALOUD = re.compile(
    r"\W*(?:\d\.\W*)?(?:thinking process|analy[sz]e the (?:user|question|request)|okay|ok|alright|hmm+|let's see"
    r"|let me (?:think|see|start)|we (?:are given|need to|have to)"
    r"|i need to (?:figure|determine|find)"
    r"|so,? (?:i|the user)|first,? (?:i|let)|the (?:user|question) (?:is asking|asks|wants)|got it,)\b",
    re.IGNORECASE,
)
#: Thinking aloud is longer than a reply that only opens like it, characters.
_LONG = 80
#: A text that ends in no sentence breaks off if it is so long, characters; a loop, if it is as long as ``_LONG``.
_UNENDED = 400
_ENDED = re.compile(r"(?:[.!?。！？:)\]}>\"'*`|]|(?<![A-Za-z])[A-Za-z]|(?i:answer:?\W{0,6}\w{1,20}))\s*\Z")
_VERDICT = re.compile(r"(?i:answer)\W{0,6}(?:is\W{0,4})?\w{1,20}\W{0,3}\Z")
#: A last line, or sentence, that says which option it is to be: "Answer: B", "So the answer is B."
#: A bare "A" or "I" may be the first word of a sentence that breaks off.
_LAST_LINE = re.compile(
    r"\W{0,4}(?i:final )?(?i:answer)\W{1,6}[^.\n]{1,60}\.?\W{0,3}|\W{0,3}[B-HJ-Z]\W{0,3}|\W{0,3}[A-Z]\W{1,3}"
)
_LAST_SENTENCE = re.compile(
    r"\b(?:answer|choice|option) (?:is|must be)\W{1,4}(?:option )?[^.?!\n]{1,60}\.[*\"'>)]{0,3}\Z",
    re.IGNORECASE,
)
_LOOP = re.compile(r"(.{1,60}?)\1{5,}.{0,60}\Z", re.DOTALL)
_TAIL = 500


class FinalPart(NamedTuple):
    """What of a reply is read."""

    text: str
    is_cut: bool = False
    """The model was still thinking when the reply ended."""
    is_aloud: bool = False
    """It is thinking that is not marked: only a verdict at its very end is an answer."""


def final_part(reply: str) -> FinalPart:
    """The part of a reply that is read: the last answer tag, else what stands outside the thinking."""
    text, is_cut = reply, False
    if _TAG.search(reply) is not None:
        text, is_cut = _outside(reply)
        answer = _answer_tag(text) if text.strip() or is_cut else _answer_tag(reply)
        if answer is not None:
            return FinalPart(answer)
        if is_cut and not text.strip():
            return _verdict_of(reply) or FinalPart("", is_cut=True)
    is_aloud = len(text) > _LONG and _ALOUD.match(text) is not None
    if _breaks_off(text):
        return FinalPart(text, is_cut=True)
    return FinalPart(text, is_aloud=is_aloud)


def _verdict_of(thinking: str) -> FinalPart | None:
    """The last line of thinking that is still open where it ends in a verdict, else None."""
    last = thinking.rstrip().rpartition("\n")[2]
    is_verdict = _LAST_LINE.fullmatch(last) or _LAST_SENTENCE.search(last)
    return FinalPart(last, is_aloud=True) if is_verdict else None


def without_thinking(reply: str) -> str:
    """What stands outside blocks of thinking."""
    return _outside(reply)[0]


def _outside(reply: str) -> tuple[str, bool]:
    """What stands before the first and after the last block of thinking, and whether one is still open.

    A block that is all of the reply, and holds no more than a letter, is the answer itself.
    """
    tags = [tag for tag in _TAG.finditer(reply) if tag["open"] or tag["close"]]
    if not tags:
        return reply, False
    first, last = tags[0], tags[-1]
    before = reply[: first.start()] if first["open"] else ""
    is_open = last["open"] is not None
    after = "" if is_open else reply[last.end() :]
    outside = f"{before}\n{after}"
    if not outside.strip() and not is_open:
        inside = reply[tags[-2].end() : last.start()] if len(tags) > 1 else reply[: last.start()]
        if _LETTER_ALONE.fullmatch(inside):
            return inside, False
    return outside, is_open


def _answer_tag(text: str) -> str | None:
    """What stands in answer tags that are not empty, and between them where there are several."""
    tags = list(_TAG.finditer(text))
    ends = [*(tag.start() for tag in tags[1:]), len(text)]
    filled = [
        (tag.end(), end)
        for tag, end in zip(tags, ends, strict=False)
        if tag["answer"] and text[tag.end() : end].strip()
    ]
    return _TAG.sub("\n", text[filled[0][0] : filled[-1][1]]) if filled else None


def _breaks_off(text: str) -> bool:
    """Whether a long text stops in the middle of a sentence, or in a loop."""
    tail = text[-_TAIL:]
    if _VERDICT.search(tail):
        return False
    if len(text) > _UNENDED and _ENDED.search(tail) is None:
        return True
    return len(text) > _LONG and _LOOP.search(tail) is not None


__all__ = ["FinalPart", "final_part", "without_thinking"]
