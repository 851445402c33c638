"""What is asked about a cut: the order of its clips, which came first, or whether it is played backwards."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from starbench.schema import Item
from starbench.synthesis import Draft, Recipe

from .candidates import excerpt_recipe
from .options import TemporalOptions
from .selection import Candidate

TASK = "Temporal Reasoning"
CLIP_ORDER, CAME_FIRST, BACKWARDS = "clip_order", "came_first", "played_backwards"
#: STAR-Bench's kinds of temporal reasoning: letters in ids and labels -> category and sub-category. The position
#: decides, with an item's number, where its clip orders start, as in STAR-Bench itself.
KINDS = {
    "OSM": ("Continuous Processes", "Object Spatial Motion"),
    "ISSE": ("Continuous Processes", "In-Situ State Evolution"),
    "TAO": ("Discrete Event Sequences", "Tool & Appliance Operation"),
    "DSS": ("Discrete Event Sequences", "Daily Scene Scripts"),
    "ETC": ("Discrete Event Sequences", "Event-Triggered Consequences"),
}
_ORDER = "Order of Clips"
_DIRECTION = "Forwards or Backwards"
_FORWARDS, _REVERSED = "Forwards, as it was recorded", "Backwards"
#: Clips -> question and the option that states an order (numbers of the clips from 1).
_ORDER_QUESTIONS = {
    3: "These three clips were cut from one recording and are given in any order. In which order were they recorded?",
    2: "These two clips were cut from one recording. Which of them comes earlier in it?",
}


def kind_of(label: str | None) -> str | None:
    """The kind that a label names, by its letters or its name; None where it is no kind of STAR-Bench's."""
    word = (label or "").casefold().strip()
    return next(
        (kind for kind, (_, name) in KINDS.items() if word in (kind.casefold(), name.casefold())), None
    )


def order_draft(one: Candidate, number: int, options: TemporalOptions) -> Draft:
    """The question in which order the clips of a cut were recorded."""
    n = len(one.cut.starts_s)
    kind = kind_of(one.material.recording.kind) if n == 3 else None
    name = CLIP_ORDER if n == 3 else CAME_FIRST
    category, sub_category = KINDS[kind] if kind else (_ORDER, name)
    orders = list(permutations(range(1, n + 1)))
    clips = [
        excerpt_recipe(one.material, start, one.cut.duration_s, one.level_dbfs, options.fade)
        for start in one.cut.starts_s
    ]
    first = one.cut.starts_s[0]
    return _draft(
        one,
        clips,
        uncut=excerpt_recipe(one.material, first, one.cut.stop_s - first, None, 0.0),
        id="_".join(filter(None, (name, kind, str(number)))),
        category=category,
        sub_category=sub_category,
        question=_ORDER_QUESTIONS[n],
        options=[_order_option(order) for order in orders],
        option_orders=orders,
        rotation_offset=number,
    )


def _order_option(order: tuple[int, ...]) -> str:
    return f"Clip {order[0]}" if len(order) == 2 else " -> ".join(f"clip {k}" for k in order)


def direction_drafts(one: Candidate, number: int, options: TemporalOptions) -> list[Draft]:
    """The question whether an excerpt is played backwards: once forwards, once backwards.

    So nothing but the direction differs between the answers.
    """
    (start,) = one.cut.starts_s
    return [
        _draft(
            one,
            [
                excerpt_recipe(
                    one.material,
                    start,
                    one.cut.duration_s,
                    one.level_dbfs,
                    options.fade,
                    reversed=is_reversed,
                )
            ],
            id=f"{BACKWARDS}_{2 * number - 1 + is_reversed}",
            category=_DIRECTION,
            sub_category=BACKWARDS,
            question="Is this recording played forwards or backwards?",
            options=[_FORWARDS, _REVERSED],
            answer=_REVERSED if is_reversed else _FORWARDS,
        )
        for is_reversed in (False, True)
    ]


def _draft(one: Candidate, clips: list[Recipe], uncut: Recipe | None = None, **fields: Any) -> Draft:
    recording = one.material.recording
    facts = {
        key: value for key, value in recording.facts.items() if key in ("file", "sha256", "name", "licence")
    }
    item = Item.model_validate(
        {
            **fields,
            "task": TASK,
            "audio_paths": ("",) * len(clips),
            "source": "recording",
            "global_caption": recording.caption,
            "truth": {"planned": {"recording": facts, **one.facts}},
        }
    )
    return Draft(item, tuple(clips), uncut)
