"""A board as Markdown. Model and data names are hostile input: they are escaped, never markup."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from starbench.canary.arrival import FOLDED

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~@]|:(?=//)|(?<=www)\.)")


def board_to_markdown(board: dict[str, Any]) -> str:
    """The tables of a board, one below the other."""
    tables = board["tables"]
    sections = [_section(title, table) for title, table in zip(_titles(tables), tables, strict=True)]
    return "# starbench leaderboard\n\n" + "\n".join(sections)


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _section(title: str, table: dict[str, Any]) -> str:
    return f"## {title}\n\n{_table(_columns(table), table)}\n{_legend(table)}\n"


def _titles(tables: Sequence[dict[str, Any]]) -> list[str]:
    """A heading for each table; those that would be the same tell what else sets them apart."""
    plain = [_title(table) for table in tables]
    facts = [_facts(table) for table in tables]
    found = []
    for title, mine in zip(plain, facts, strict=True):
        alike = [other for other, theirs in zip(facts, plain, strict=True) if theirs == title]
        apart = [f"{what} {mine[what]}" for what in mine if any(other[what] != mine[what] for other in alike)]
        found.append(", ".join([title, *map(escape, apart)]))
    return found


def _facts(table: dict[str, Any]) -> dict[str, str]:
    """Everything that makes a table one of its own, by name."""
    named = {"clips": "asked with --clips", "channels": "asked with --channels"}
    facts = {
        named.get(name, name.replace("_", " ")): str(value)[:12]
        for part in ("suite", "setup")
        for name, value in table[part].items()
    }
    heard = [row.get("n_items") for row in table["rows"] if row["condition"] == "audio"]
    return {**facts, "items heard": str(heard[0] if heard else 0)}


def _title(table: dict[str, Any]) -> str:
    suite, setup = table["suite"], table["setup"]
    parts = [escape(suite["name"])]
    if suite["version"]:
        parts.append(f"data {escape(suite['version'])}")
    parts.append(f"protocol {escape(setup['protocol'])}")
    if setup["limit"] is not None:
        parts.append(f"a sample of {setup['limit']} items")
    parts += [escape(text) for text in _departures(table)]
    return ", ".join(parts)


def _departures(table: dict[str, Any]) -> list[str]:
    """What a table's runs share that the usual run does not have; a policy where it changed something."""
    setup, changed_by = table["setup"], {name for row in table["rows"] for name in row.get("changed_by", ())}
    answers = {"choice": "answers held to letters", "logprobs": "answers by log-probability"}
    found = [answers[setup["answer_mode"]]] if setup["answer_mode"] in answers else []
    found += [f"rate: {setup['rate']} Hz"] if setup["rate"] != "native" else []
    found += [f"clips: {setup['clips']}, {setup['gap_s']:g} s apart"] if "clips" in changed_by else []
    found += [f"channels: {setup['channels']}"] if "channels" in changed_by else []
    return [*found, f"captions {setup['captions'][:12]}"] if setup["captions"] else found


def _legend(table: dict[str, Any]) -> str:
    if not table["run_by_us"]:
        return f"Published figures, not run by us. Source: {escape(table['source'] or 'unknown')}.\n"
    suite = table["suite"]
    changed = {note: None for row in table["rows"] for note in _changes(row)}
    daggers = "".join(f"\n† {escape(note)}.\n" for note in changed)
    daggers += f"\n‡ {FOLDED}, by its declaration.\n" if any(row["folded"] for row in table["rows"]) else ""
    priced = " US $: what the whole run cost, every suite and condition of it." if _is_priced(table) else ""
    return (
        f"{suite['n_items']} items, digest `{suite['digest'][:12]}`. Accuracy in % over all planned trials "
        "with its 95 % interval; MA: mean of the tasks, perception by the mean of its "
        "sub-categories; ACR: items right at every rotation; coverage: answered trials; chance and constant "
        "stand beside the figure they belong to, constant being the best strategy that always says the same; "
        "canary: whether sound arrived, whether two tones were heard, "
        "and whether the ears were kept (–: none was held; "
        "captioner: that of the model that wrote the captions). An asterisk marks a run with trials missing "
        f"or in error.{priced}\n" + daggers
    )


def _columns(table: dict[str, Any]) -> list[str]:
    key = "tasks" if table["run_by_us"] else "figures"
    return list(dict.fromkeys(name for row in table["rows"] for name in row[key]))


def _table(columns: Sequence[str], table: dict[str, Any]) -> str:
    if table["run_by_us"]:
        head = [
            "model",
            "condition",
            "items",
            *(name for task in columns for name in (task, "chance", "constant")),
            "MA",
            "chance of MA",
            "constant of MA",
            "MA of ACR",
            "coverage",
            "canary",
            *(["US $"] if _is_priced(table) else []),
        ]
        rows = [[*_run_cells(row, columns), *_cost_cells(row, table)] for row in table["rows"]]
    else:
        head = ["model", *columns]
        rows = [
            [escape(row["model"]), *(_percent(row["figures"].get(name)) for name in columns)]
            for row in table["rows"]
        ]
    rule = ["---"] * (2 if table["run_by_us"] else 1)
    rule += ["---:"] * (len(head) - len(rule))
    lines = [[escape(name) for name in head], rule, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _is_priced(table: dict[str, Any]) -> bool:
    return any(row["cost_usd"] is not None for row in table["rows"])


def _cost_cells(row: dict[str, Any], table: dict[str, Any]) -> list[str]:
    if not _is_priced(table):
        return []
    return ["–" if row["cost_usd"] is None else f"{row['cost_usd']:,.2f}"]


def _run_cells(row: dict[str, Any], columns: Sequence[str]) -> list[str]:
    given = ", ".join(f"{name}={value}" for name, value in row["arguments"].items())
    model = escape(f"{row['model']} ({given})" if given else row["model"])
    model += ("" if row["complete"] else " \\*") + ("†" if _changes(row) else "")
    model += "‡" if row["folded"] else ""
    condition = escape(row["condition"]) + (" (extension)" if row["extension"] else "")
    tasks = [row["tasks"].get(name) for name in columns]
    return [
        model,
        condition,
        str(row["n_items"]),
        *(cell for task in tasks for cell in _task_cells(task)),
        _with_interval(row["ma"], row["ma_ci"]),
        *(_percent(row[name]) for name in ("chance", "best_constant")),
        _with_interval(row["ma_acr"], row["ma_acr_ci"]),
        _percent(row["coverage"]),
        escape(_canary(row)),
    ]


def _task_cells(task: dict[str, Any] | None) -> list[str]:
    """One task's accuracy, and beside it the chance and the constant of that very figure."""
    if task is None:
        return ["–"] * 3
    beside = [_percent(task.get(name)) for name in ("chance", "best_constant")]
    return [_with_interval(task["aa"], task["aa_ci"]), *beside]


def _changes(row: dict[str, Any]) -> list[str]:
    """What was changed for the model of a row, and for the one that wrote its captions."""
    by = row["captioner"]
    return (
        [*row["adaptations"], *(f"captions by {by['model']}: {note}" for note in by["adaptations"])]
        if by
        else row["adaptations"]
    )


def _canary(row: dict[str, Any]) -> str:
    by = row["captioner"]
    return f"captioner: {by['canary'] or 'none held'}" if by else row["canary"] or "–"


def _with_interval(value: float, interval: Sequence[float]) -> str:
    low, high = interval
    return f"{100 * value:.1f} \\[{100 * low:.1f}, {100 * high:.1f}\\]"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
