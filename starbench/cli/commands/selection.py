"""Which items and trials a command looks at, as its options say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starbench.errors import InputError
from starbench.scoring.selection import Selection


def selection_of(options: Mapping[str, Any]) -> Selection:
    """The filters of a command; raises :class:`InputError` if two of them exclude each other."""
    if options["wrong"] and options["right"]:
        raise InputError("--wrong and --right exclude each other: leave one out")
    return Selection(
        item_id=options.get("item_id"),
        task=options["task"],
        category=options["category"],
        sub_category=options["sub_category"],
        level=options["level"],
        condition=options["condition"],
        outcome=options["outcome"],
        verdict="wrong" if options["wrong"] else "right" if options["right"] else None,
        text=options["text"],
    )
