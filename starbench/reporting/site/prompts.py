"""A trial's prompt as its protocol lays it out, for a page: the same functions that made it, and no sound decoded."""

from __future__ import annotations

from typing import Any

from starbench.planning.conditions import present
from starbench.planning.reasons import Reason
from starbench.protocols import Protocol
from starbench.protocols.base import option_lines
from starbench.reporting.site.clips import ClipShelf
from starbench.schema import Item, TextSpec
from starbench.suites.clip_info import ClipInfo
from starbench.text import visible

#: Stands where a trial's options stand; no text of a data set is the same.
_OPTIONS = ("\0",)


def prompt_parts(
    item: Item, protocol: Protocol, condition: str, digest: str, shelf: ClipShelf
) -> list[dict[str, Any]]:
    """Texts and clips in the order sent; ``options`` is where those of the trial stand, in their order.

    A clip of an item about the order of its clips says at which ``place`` it stands: which one it is, the trial says.
    """
    # What a condition needs to know of a clip is how many channels it has, and a trial that was planned had enough.
    clips = {path: ClipInfo("", 2, 1, 1.0) for path in item.audio_paths}
    presentation = present(condition, item, clips)
    if isinstance(presentation, Reason):
        return [{"text": "What was sent cannot be shown: the question does not hold it."}]
    if presentation.captions is not None and len(presentation.captions) != len(item.audio_paths):
        return [{"text": "What was sent cannot be shown: the captions are not those of the clips."}]
    order = tuple(range(len(item.audio_paths)))
    parts: list[dict[str, Any]] = []
    marker = option_lines(_OPTIONS)
    for part in protocol.parts(item, presentation, _OPTIONS, order):
        if isinstance(part, TextSpec):
            before, found, after = part.text.partition(marker)
            parts += [{"text": _lines(before)}] if before.strip() else []
            parts += [{"options": True}] if found else []
            parts += [{"text": _lines(after)}] if after.strip() else []
        elif item.option_orders is not None and part.clip >= 0:
            entries = [shelf.entry(digest, item, part.model_copy(update={"clip": clip})) for clip in order]
            parts.append({"clips": entries, "place": part.clip})
        else:
            parts.append({"clip": part.clip, "how": part.transform, **shelf.entry(digest, item, part)})
    return parts


def _lines(text: str) -> str:
    """A text without what steers a terminal or turns its direction, line by line."""
    return "\n".join(map(visible, text.strip("\n").split("\n")))
