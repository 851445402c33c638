"""What differs between two sides, in sentences, and the rows that say so; terminal and page lay them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from starbench.reporting.words import captioner_notes, inapplicable_sentence
from starbench.schema.compare import Comparison, PairedRow, PairedThreshold
from starbench.scoring.psychometrics.thresholds import INTENSITIES

#: Differences that are named in a sentence.
_NAMED = 4


class DifferenceLine(NamedTuple):
    """A row of the table of differences, and the comparison that it belongs to."""

    comparison: Comparison
    row: PairedRow


def tested_parts(comparison: Comparison) -> list[PairedRow]:
    """The sub-categories with items enough to show a difference."""
    return [row for row in comparison.rows if row.sub_category and row.p is not None]


def shown_rows(comparison: Comparison) -> list[PairedRow]:
    """Every task, and its sub-categories that were tested."""
    return [row for row in comparison.rows if row.sub_category is None or row.p is not None]


def summary(comparisons: Sequence[Comparison]) -> str:
    """Which of two runs is better under all conditions, and in what; or that nothing distinguishes them."""
    first, second = side_names(comparisons)
    clear = sorted(
        (DifferenceLine(one, row) for one in comparisons for row in one.rows if row.is_clear),
        key=lambda line: (line.row.sub_category is not None, line.row.p_holm),
    )
    finer = [row for one in comparisons for row in one.thresholds if row.is_clear]
    parts = []
    for word, sign in (("better", 1), ("worse", -1)):
        named = [_difference_words(line, comparisons) for line in clear if sign * line.row.diff > 0]
        named += [_threshold_change(row) for row in finer if sign * _gain(row) > 0]
        if named:
            more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
            parts.append(f"{word} in {', '.join(named[:_NAMED])}{more}")
    if not parts:
        return f"{second} and {first} cannot be distinguished: no difference is clear of chance"
    return f"{second} compared with {first}: {'; '.join(parts)}; nothing else distinguishes them"


def side_names(comparisons: Sequence[Comparison]) -> tuple[str, str]:
    """What the two sides are called: by model, by run where that is the same, by condition in a single run."""
    base, other = comparisons[0].base, comparisons[0].other
    if base.run == other.run:
        others = ", ".join(one.other.condition for one in comparisons)
        return base.condition, others if len(comparisons) == 1 else "each of the others"
    if base.subject == other.subject:
        return base.run, other.run
    return base.subject, other.subject


def _difference_words(line: DifferenceLine, comparisons: Sequence[Comparison]) -> str:
    condition = f" ({line.comparison.other.condition})" if len(comparisons) > 1 else ""
    return f"{line.row.sub_category or line.row.task}{condition} by {_points(line.row)}"


def _threshold_change(row: PairedThreshold) -> str:
    return f"the threshold of {row.base.attribute} ({change_words(row)})"


def task_sentence(one: Comparison, base: str, other: str) -> str:
    """Which run is better, task by task; and in how many sub-categories, as far as those were tested."""
    tasks = [_task_words(row, base, other) for row in one.rows if not row.sub_category]
    parts = tested_parts(one)
    better = sum(row.is_clear and row.diff > 0 for row in parts)
    worse = sum(row.is_clear and row.diff < 0 for row in parts)
    if parts:
        rest = len(parts) - better - worse
        tasks.append(
            f"of {len(parts)} sub-categories {other} is better in {better} and worse in {worse}, and in {rest} the two "
            "cannot be distinguished"
        )
    return f"{'; '.join(tasks)}."


def _task_words(row: PairedRow, base: str, other: str) -> str:
    low, high = row.diff_ci
    interval = f"({100 * low:+.1f} to {100 * high:+.1f})"
    if not row.is_clear:
        return f"{row.task}: {other} and {base} cannot be distinguished {interval}"
    return f"{row.task}: {other} is {'better' if row.diff > 0 else 'worse'} than {base} by {_points(row)} {interval}"


def _points(row: PairedRow) -> str:
    return f"{100 * abs(row.diff):.1f} points"


def verdict(row: PairedRow | PairedThreshold) -> str:
    """Whether a difference is clear, in a word or two."""
    if row.p_holm is None:
        return "too few items"
    return "clear" if row.is_clear else "cannot be distinguished"


def _gain(row: PairedThreshold) -> float:
    """Above 0 where the second side hears smaller differences, or softer sounds."""
    middle = 0.0 if row.base.unit in INTENSITIES else 1.0
    return middle - (row.change or middle)


def change_words(row: PairedThreshold) -> str:
    """How one threshold differs from the other, with limits."""
    if row.change is None or row.change_ci is None:
        return "–"
    low, high = row.change_ci
    if row.base.unit in INTENSITIES:
        return f"{row.change:+.1f} dB [{low:+.1f}, {high:+.1f}]"
    return f"× {row.change:.2f} [{low:.2f}, {high:.2f}]"


def condition_words(comparison: Comparison) -> str:
    """The condition of both sides, or of each."""
    base, other = comparison.base.condition, comparison.other.condition
    return base if base == other else f"{base} → {other}"


def notes(comparison: Comparison, *, whole: bool = True) -> Iterator[str]:
    """What else differs; ``whole``: also what was not asked, and whose captions are shown."""
    for one in comparison.setup_differences:
        yield f"{one.option.replace('_', ' ')}: {one.base} and {one.other}"
    for suite, run in comparison.unshared_suites.items():
        yield f"suite {suite!r} was asked of {run} only"
    yield from _unpaired(comparison.rows)
    if not whole:
        return
    for side in (comparison.base, comparison.other):
        for left_out in side.inapplicable:
            yield f"{left_out.items} item(s) not asked of {side.name}: {inapplicable_sentence(left_out)}"
        yield from captioner_notes(side.captioner)


def _unpaired(rows: Sequence[PairedRow]) -> Iterator[str]:
    for row in rows:
        for side, n in (("first", row.unpaired_base), ("second", row.unpaired)):
            if n and row.sub_category is None:
                yield f"{n} item(s) of {row.task} were asked of the {side} only, and are left out"
