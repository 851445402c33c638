"""The channels of a suite's clips, in sentences."""

from __future__ import annotations

from starbench.text import printable
from starbench.verify.channels import ChannelAudit, SpaceQuestion
from starbench.verify.space_words import Aspect

_MEANING = {
    "silence": "nothing to hear",
    "mono": "one channel",
    "dual mono": "two equal channels",
    "one channel silent": "a sound in one channel only",
    "level-only stereo": "two channels without a time difference: the same sounds at other levels, or unlike ones",
    "time and level": "two channels with time or phase differences",
    "FOA": "four channels, consistent with first-order ambisonics",
}
_CONSEQUENCE: dict[Aspect, str] = {
    "direction": "ask about direction, which such clips do not hold",
    "distance": "ask about distance, which only level and reverberation show in such clips",
    "space": "belong to a category about space; look at what they ask",
}
#: Items that are named in a line.
_NAMED = 5


def channel_lines(audit: ChannelAudit) -> list[str]:
    """A line for each layout, then one for each kind of question about space that has clips of one channel."""
    lines = []
    for layout, paths in audit.layouts.items():
        meaning = f" ({_MEANING[layout]})" if layout in _MEANING else ""
        lines.append(f"channels: {len(paths):,} clip{'s' * (len(paths) != 1)} {layout}{meaning}")
    for aspect, consequence in _CONSEQUENCE.items():
        questions = [one for one in audit.without_space if one.aspect == aspect]
        if questions:
            lines.append(
                f"channels: {len(questions):,} of {audit.space_questions:,} questions about space, with clips of one "
                f"channel or of equal ones, {consequence}: {_names(questions)}"
            )
    return lines


def _names(questions: list[SpaceQuestion]) -> str:
    more = len(questions) - _NAMED
    names = ", ".join(printable(one.item) for one in questions[:_NAMED])
    return f"{names} and {more:,} more" if more > 0 else names
