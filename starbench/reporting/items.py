"""Items of a suite or of a run as a table in the terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starbench.reporting.tables import Column, Table, new_console, say, show_table
from starbench.schema import Item
from starbench.scoring.item_summaries import ItemSummary
from starbench.scoring.observations import MISSING
from starbench.text import printable

#: Characters of a right answer that a table has room for; --json has all of it.
_LONGEST_ANSWER = 48


def level_words(item: Item) -> str:
    """How hard an item is; ``catch`` where nothing is there to be heard, or no difference."""
    if item.catch:
        return "catch"
    return "" if item.level is None else f"{item.level:g} {printable(item.level_unit or '')}".strip()


def show_items(source: str, summaries: Sequence[ItemSummary], limit: int) -> None:
    """Print the first ``limit`` items, and how many more there are."""
    console = new_console()
    shown = summaries[:limit]
    if not shown:
        say(console, f"{source}: no item is as asked for")
        return
    several = len({one.suite for one in summaries}) > 1
    columns = (
        Column("id", lambda one: one.item.id, is_text=True),
        Column("suite", lambda one: one.suite if several else "", rank=4, is_text=True),
        Column("task", lambda one: one.item.task, rank=3, is_text=True),
        Column("sub-category", lambda one: one.item.sub_category or one.item.category or "", rank=1, is_text=True),
        Column("right answer", lambda one: _cut(one.item.right_option), rank=2, is_text=True),
        Column("level", lambda one: level_words(one.item), rank=1),
        Column("right", _right_share),
        Column("outcomes", _outcomes, rank=1),
    )  # fmt: skip
    n = len(summaries)
    show_table(console, Table(f"{source}: {n:,} item{'s' * (n != 1)}", columns, shown))
    if n > limit:
        say(console, f"… and {n - limit:,} more (--limit {n})")


def item_record(summary: ItemSummary) -> dict[str, Any]:
    """An item as an object for JSON, nothing of it shortened."""
    item = summary.item
    record = {
        "suite": summary.suite,
        **item_facts(item),
        "options": item.options,
        "answer": item.right_option,
    }
    if summary.outcomes is not None:
        share = summary.n_right / summary.n_trials
        record |= {"outcomes": summary.outcomes, "trials": summary.n_trials, "right": summary.n_right}
        record |= {"right_share": round(share, 6)}
    return record


def item_facts(item: Item) -> dict[str, Any]:
    """Which item it is, how hard, and what it asks, for JSON."""
    return {
        "id": item.id,
        "task": item.task,
        "category": item.category,
        "sub_category": item.sub_category,
        "level": item.level,
        "level_unit": item.level_unit,
        "catch": item.catch,
        "question": item.question,
    }


def _right_share(summary: ItemSummary) -> str:
    return "" if summary.outcomes is None else f"{summary.n_right}/{summary.n_trials}"


def _outcomes(summary: ItemSummary) -> str:
    """How trials ended that did not end in an answer; nothing where all did."""
    found = {name: n for name, n in (summary.outcomes or {}).items() if name != "answered"}
    ordered = sorted(found.items(), key=lambda pair: (pair[0] == MISSING, -pair[1], pair[0]))
    return ", ".join(f"{n} {name}" for name, n in ordered)


def _cut(text: str) -> str:
    line = printable(text)
    return line if len(line) <= _LONGEST_ANSWER else f"{line[: _LONGEST_ANSWER - 1]}…"
