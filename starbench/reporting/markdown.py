"""A board as Markdown. Model and data names are hostile input: they are escaped, never markup."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping, Sequence

from starbench.canary.arrival import FOLDED
from starbench.reporting.floors import listed
from starbench.schema import Outcome
from starbench.schema.base import Interval
from starbench.schema.board import Board, BoardTable, PublishedTable, RunRow, RunTable, TaskCell
from starbench.schema.score import LetterScore
from starbench.text import printable

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~@]|:(?=//)|(?<=www)\.)")
_ANSWER_MODES = {"choice": "answers held to letters", "logprobs": "answers by log-probability"}


def board_to_markdown(board: Board) -> str:
    """The tables of a board, one below the other."""
    sections = [
        f"## {escape(title)}\n\n{_table(table)}\n"
        for title, table in zip(titles(board), board.tables, strict=True)
    ]
    return "# starbench leaderboard\n\n" + "\n".join(sections)


def _table(table: BoardTable) -> str:
    if isinstance(table, PublishedTable):
        return _published_table(table)
    return _run_table(table) if table.run_by_us else _imported_table(table)


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", html.escape(printable(text), quote=False))


# --- headings -------------------------------------------------------------------------------------


def titles(board: Board) -> list[str]:
    """A heading for each table; where two would be the same, each also says what sets it apart."""
    plain = [_title(table) for table in board.tables]
    facts = [_facts(table) for table in board.tables]
    titles = []
    for title, mine in zip(plain, facts, strict=True):
        alike = [other for other, theirs in zip(facts, plain, strict=True) if theirs == title]
        apart = [f"{what} {mine[what]}" for what in mine if any(other[what] != mine[what] for other in alike)]
        titles.append(", ".join([title, *apart]))
    return titles


def _title(table: BoardTable) -> str:
    """The suite, and what its runs share that the usual run does not have; a policy where it changed something."""
    suite, setup = table.suite, table.setup
    changed_by = (
        {name for row in table.rows for name in row.changed_by} if isinstance(table, RunTable) else set()
    )
    parts = (
        suite.name,
        isinstance(table, RunTable) and not table.run_by_us and "imported",
        suite.version and f"data {suite.version}",
        f"protocol {setup.protocol or 'unknown'}",
        setup.limit is not None and f"a sample of {setup.limit} items",
        _ANSWER_MODES.get(setup.answer_mode),
        setup.rate != "native" and f"rate: {setup.rate} Hz",
        "clips" in changed_by and f"clips: {setup.clips}, {setup.gap_s:g} s apart",
        "channels" in changed_by and f"channels: {setup.channels}",
        setup.captions and f"captions {setup.captions[:12]}",
    )
    return ", ".join(part for part in parts if part)


def _facts(table: BoardTable) -> dict[str, str]:
    """Everything that makes a table one of its own, by name."""
    named = {"clips": "asked with --clips", "channels": "asked with --channels"}
    facts = {
        named.get(name, name.replace("_", " ")): str(value)[:12]
        for part in (table.suite, table.setup)
        for name, value in part.model_dump(mode="json").items()
    }
    rows = table.rows if isinstance(table, RunTable) else ()
    n_audio = [row.n_items for row in rows if row.condition == "audio"]
    return {**facts, "from": table.source or "us", "items heard": str(n_audio[0] if n_audio else 0)}


# --- tables ---------------------------------------------------------------------------------------


def _published_table(table: PublishedTable) -> str:
    figures = list(dict.fromkeys(name for row in table.rows for name in row.figures))
    rows = [[escape(row.model), *(_percent(row.figures.get(name)) for name in figures)] for row in table.rows]
    source = escape(table.source or "unknown")
    return f"{_lines(1, ['model', *figures], rows)}\nPublished figures, not run by us. Source: {source}.\n"


def _imported_table(table: RunTable) -> str:
    """Rows whose replies others asked for: what they reach, and what they reply where they do not answer."""
    tasks = list(dict.fromkeys(name for row in table.rows for name in row.tasks))
    letters = sorted({one.letter for row in table.rows for one in row.letters})
    head = ["model", "rank", *tasks, "MA", "answered"]
    head += [name for letter in letters for name in (f"says {letter}", f"AA where {letter} is right")]
    rows = [
        [
            escape(row.model) + ("" if row.complete else " \\*"),
            ranks(*row.rank),
            *(_task_cells(row.tasks.get(name), has_alarms=False)[0] for name in tasks),
            _with_interval(row.ma, row.ma_ci),
            _percent(row.coverage),
            *(cell for letter in letters for cell in map(_percent, letter_shares(row.letters, letter))),
            escape(unanswered(row.outcomes)),
        ]
        for row in table.rows
    ]
    chances = ", ".join(f"{_percent(chance)} %" for chance in sorted({row.chance for row in table.rows}))
    return (
        f"{_lines(1, [*head, 'not answered'], rows)}\n{table.suite.n_items} items. Replies that others asked for and "
        f"published, not run by us: {escape(table.source or 'source unknown')}. They are read by our reader; accuracy "
        f"in % over all planned trials with its 95 % interval, chance {chances}; rank: by MA, a range where "
        "differences, paired by item, are not clear; says: share of the answers, which is letter bias. No canary: "
        "whether sound reached these models is not known. An asterisk marks missing replies.\n"
    )


def letter_shares(letters: Sequence[LetterScore], letter: str) -> tuple[float | None, float | None]:
    """Share of the answers that choose a letter, and accuracy where it is right."""
    answered = sum(one.chosen for one in letters)
    mine = next((one for one in letters if one.letter == letter), None)
    if mine is None:
        return None, None
    return mine.chosen / answered if answered else None, mine.right / mine.planned if mine.planned else None


def unanswered(outcomes: Mapping[str, int]) -> str:
    """How the trials ended that were not answered, commonest first."""
    others = sorted(
        ((n, name) for name, n in outcomes.items() if name != Outcome.ANSWERED.value), reverse=True
    )
    return ", ".join(f"{name} {n:,}" for n, name in others) or "–"


def _run_table(table: RunTable) -> str:
    tasks = list(dict.fromkeys(name for row in table.rows for name in row.tasks))
    head = ["model", "condition", "rank", "items"]
    with_alarms = {
        name
        for row in table.rows
        for name, cell in row.tasks.items()
        if cell.false_alarms is not None or cell.criteria
    }
    for task in tasks:
        head += [task, "chance", "constant", *(("false alarms", "“same”") if task in with_alarms else ())]
    head += ["MA", "chance of MA", "constant of MA", "MA of ACR"]
    with_oa = any(row.chance_oa is not None for row in table.rows)
    head += [*(("OA", "chance of OA", "constant of OA") if with_oa else ()), "coverage", "canary"]
    rows = [_run_cells(row, tasks, with_alarms, with_oa=with_oa) for row in table.rows]
    is_priced = any(row.cost_usd is not None for row in table.rows)
    if is_priced:
        head.append("US $")
        for cells, row in zip(rows, table.rows, strict=True):
            cells.append("–" if row.cost_usd is None else f"{row.cost_usd:,.2f}")
    legend = _legend(table, is_priced=is_priced, has_alarms=bool(with_alarms), has_oa=with_oa)
    return f"{_lines(2, head, rows)}\n{legend}{_floors(table)}"


def _floors(table: RunTable) -> str:
    """What listeners reach who lack what is asked about, a sentence a task; nothing where that is unknown."""
    cells = {name: cell for row in table.rows for name, cell in row.tasks.items() if cell.floors is not None}
    lines = (
        f"\nFloors of {escape(name)} (AA in % without what is asked about): {listed(cell.floors)}.\n"
        for name, cell in cells.items()
    )
    return "".join(lines)


def _lines(n_texts: int, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: columns of text, then columns of numbers."""
    rule = ["---"] * n_texts + ["---:"] * (len(head) - n_texts)
    lines = [[escape(name) for name in head], rule, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _run_cells(row: RunRow, tasks: Sequence[str], with_alarms: set[str], *, with_oa: bool) -> list[str]:
    arguments = ", ".join(f"{name}={value}" for name, value in row.arguments.items())
    label = f"{row.label}: " if row.label else ""
    model = escape(f"{label}{row.model}{f' ({arguments})' if arguments else ''}")
    model += ("" if row.complete else " \\*") + ("†" if _changes(row) else "") + ("‡" if row.folded else "")
    return [
        model,
        escape(row.condition) + (" (extension)" if row.extension else ""),
        ranks(*row.rank),
        str(row.n_items),
        *(
            cell
            for name in tasks
            for cell in _task_cells(row.tasks.get(name), has_alarms=name in with_alarms)
        ),
        _with_interval(row.ma, row.ma_ci),
        _percent(row.chance),
        _percent(row.best_constant),
        _with_interval(row.ma_acr, row.ma_acr_ci),
        *(
            (_with_interval(row.oa, row.oa_ci), _percent(row.chance_oa), _percent(row.constant_oa))
            if with_oa
            else ()
        ),
        _percent(row.coverage),
        escape(_canary(row)),
    ]


def ranks(best: int, worst: int) -> str:
    return str(best) if best == worst else f"{best}–{worst}"


def _task_cells(task: TaskCell | None, *, has_alarms: bool) -> list[str]:
    """One task's accuracy, and beside it the chance and the constant of that very figure, and its false alarms."""
    if task is None:
        return ["–"] * (5 if has_alarms else 3)
    cells = [_with_interval(task.aa, task.aa_ci), _percent(task.chance), _percent(task.best_constant)]
    return cells + ([_percent(task.false_alarms), _range(task.criteria.values())] if has_alarms else [])


def _range(values: Collection[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f}" if values else "–"


def _changes(row: RunRow) -> list[str]:
    """What was changed for the model of a row, and for the one that wrote its captions."""
    by = row.captioner
    captions = [f"captions by {by.model}: {change}" for change in by.adaptations] if by else []
    return [*row.adaptations, *captions]


def _canary(row: RunRow) -> str:
    by = row.captioner
    return f"captioner: {by.canary or 'none held'}" if by else row.canary or "–"


def _with_interval(value: float, interval: Interval) -> str:
    low, high = interval
    return f"{100 * value:.1f} \\[{100 * low:.1f}, {100 * high:.1f}\\]"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}"


def _legend(table: RunTable, *, is_priced: bool, has_alarms: bool, has_oa: bool) -> str:
    suite = table.suite
    changes = dict.fromkeys(change for row in table.rows for change in _changes(row))
    daggers = "".join(f"\n† {escape(change)}.\n" for change in changes)
    daggers += f"\n‡ {FOLDED}, by its declaration.\n" if any(row.folded for row in table.rows) else ""
    others = " OA: mean over items, whatever their number of options." if has_oa else ""
    if has_alarms:
        others += (
            " False alarms: in catch trials. “same”: half its width in the sub-categories that have it, in "
            "standard deviations of the difference heard; accuracy depends on it."
        )
    priced = " US $: what the whole run cost, every suite and condition of it." if is_priced else ""
    return (
        f"{suite.n_items} items, digest `{(suite.digest or '')[:12]}`. Accuracy in % over all planned trials "
        "with its 95 % interval; rank: by MA among the rows of its condition, a range where differences, "
        "paired by item, are not clear; MA: mean of the tasks, perception by the mean of its sub-categories; "
        "ACR: items right at every rotation; coverage: answered trials; chance and constant "
        "stand beside the figure they belong to, constant being the best strategy that always says the same; "
        "canary: whether sound arrived, whether two tones were heard, "
        "and whether the ears were kept (–: none was held; "
        "captioner: that of the model that wrote the captions). An asterisk marks a run with trials missing "
        f"or in error.{others}{priced}\n" + daggers
    )
