"""Which questions ask about space, by their words and by the names of their parts.

``direction`` needs two channels at least; ``distance`` (near, far, coming closer) may be judged from one, by level and
reverberation; ``space`` is what only the name of a category shows. The words are English, and no proof: they are
for remarks, never for a breach. Of 1,000 questions of MMAU test-mini they find none, of 1,000 of MMAR the 15 under
"Spatial Analysis" and five others, of which one is about rhythm ("one eighth note to the right").

*Right* can mean correct and *left* departed, so neither counts alone. Options count where one says left and another
one right, hands and feet apart; questions count by whole phrases, such as "on the left side" and "which ear".
"""

from __future__ import annotations

import re
from typing import Literal

from starbench.schema import Item

Aspect = Literal["direction", "distance", "space"]


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


#: Names of tasks and categories.
_NAMES = re.compile(
    r"spatial|locali[sz]|azimuth|binaural|direction of|\bdoa\b|seld|interaural", re.IGNORECASE
)
#: What is left or right, and no place of a sound.
_NO_PLACE = (
    "hand|foot|feet|leg|arm|eye|wing|knee|shoulder|turn|click|answer|choice|option|note|key|now|away|time"
)
_LEFT, _RIGHT = (
    re.compile(
        rf"^(?:\W*(?:at|on|to|in|from|it|is|the|your|my|far|its|slightly|front|back|rear|moves?|moving|a|sound)\b)*\W*"
        rf"{side}\b(?!\W+(?:{_NO_PLACE})\b)",
        re.IGNORECASE,
    )
    for side in ("left", "right")
)
_DIRECTION = _pattern(
    r"(?:left|right)[- ](?:ear|side|channel|speaker|headphone)s?",
    rf"(?:to|on|from|at) (?:the|your|my|its) (?:left|right)(?! (?:{_NO_PLACE}|of the))",
    r"(?:from )?(?:the )?left (?:to|or|and) (?:the )?right",
    r"(?:from )?(?:the )?right (?:to|or|and) (?:the )?left",
    r"(?:which|what|whose) (?:direction|side|ear|channel)",
    r"azimuth|interaural|in stereo|stereo (?:image|field|position\w*)|panned|panning|spatial(?:ly)? position\w*",
    r"(?:both|which of the(?: two)?) ears",
    r"clockwise",
    r"(?:comes?|coming|heard|is|located) (?:from )?(?:behind|above|below|in front of) (?:you|the listener)",
)
_DEGREES = re.compile(r"\d\s*(?:°(?!\s*[CF]\b)|degrees?\b(?! (?:celsius|fahrenheit)))", re.IGNORECASE)
_DISTANCE = _pattern(
    r"(?:far|near) to (?:near|far)|from (?:afar|nearby)",
    r"approach(?:es|ing)(?! (?:the|a|his|her|their) (?:topic|problem|question|task))|reced(?:e|es|ing)",
    r"(?:com|mov|gett|driv|walk|fly)(?:e|es|ing|s)? (?:\w+ )?(?:closer|nearer|farther|further(?: away)?|away)",
    r"how (?:far|close) (?:away )?(?:is|are|was|were) the (?:sound|source|speaker|car|voice|talker|microphone)s?",
    r"distances? (?:of|to|from|between) the (?:\w+ )?(?:sound|source|speaker|listener|microphone|talker|voice)s?",
    r"(?:sound|source|speaker|voice|talker) is (?:the )?(?:closer|closest|nearer|nearest|farther|farthest|further)",
)


def aspect_of_space(item: Item) -> Aspect | None:
    """What of space an item asks about; None: nothing that its words would show, or the order of its clips."""
    if item.option_orders is not None:
        return None
    if _has_sides(item.options) or _has_angles(item.options) or _asks(_DIRECTION, item):
        return "direction"
    if _asks(_DISTANCE, item):
        return "distance"
    parts = " / ".join(filter(None, (item.task, item.category, item.sub_category)))
    return "space" if _NAMES.search(parts) else None


def _asks(phrases: re.Pattern[str], item: Item) -> bool:
    """Whether the question says one of ``phrases``, or more than one option does: one alone is a scene."""
    return bool(phrases.search(item.question)) or sum(map(bool, map(phrases.search, item.options))) > 1


def _has_sides(options: tuple[str, ...]) -> bool:
    return any(map(_LEFT.search, options)) and any(map(_RIGHT.search, options))


def _has_angles(options: tuple[str, ...]) -> bool:
    return sum(map(bool, map(_DEGREES.search, options))) > 1
