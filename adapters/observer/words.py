"""Words the observer understands in questions and options."""

from __future__ import annotations

import re

from starbench.schema import Prompt


def words(pattern: str) -> re.Pattern[str]:
    """Return what finds the words of ``pattern``, in either case, and not within other words."""
    return re.compile(rf"\b({pattern})\b", re.IGNORECASE)


DECLINES = words(
    r"unable|unknown|can ?not|can['’]t|don['’]t know|do not know|not sure|unsure|uncertain|undetermined"
    r"|impossible|not possible|insufficient|unclear|hard to (say|tell)"
)
NEITHER = words(
    r"same|equal(ly)?|identical(ly)?|alike|no difference|not differ(ent)?|neither|nowhere|none|absent"
    r"|no (tone|sound|beep|signal)|not (present|there|appear|occur|audible|heard|in either)"
    r"|(does|do|is|are)(n['’]t| not)"
)
ORDINAL = words(
    r"(?P<first>first|1st|former|earlier|(sound|tone|note|half) (1|one))"
    r"|(?P<second>second|2nd|latter|later|last|(sound|tone|note|half) (2|two))"
)
MORE = words("higher|louder|longer|greater|larger|stronger|more")
LESS = words("lower|quieter|softer|shorter|smaller|weaker|fainter|less")


def question(prompt: Prompt) -> str:
    """Return the lines that ask, without captions, labels and options."""
    lines = prompt.text.splitlines()
    asking = [line for line in lines if "?" in line]
    if not asking:
        asking = [line for line in lines if not any(option in line for option in prompt.options)]
    return " ".join(asking)


#: A sentence that says what is not asked.
_NOTE = re.compile(r"[^.?!]*\b(may differ|not asked)\b[^.?!]*[.!]", re.IGNORECASE)


def without_notes(text: str) -> str:
    """Return a question without sentences such as "The sounds may differ in loudness."."""
    return _NOTE.sub("", text)
