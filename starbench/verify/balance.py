"""Whether answers are balanced: what always saying the same would get, by content, letter and level.

Questions are taken as they are first asked; a question that is asked at every rotation has no letter to prefer. Each
sub-category is tested, and all of them together, which finds what single ones of a few items could not. All p values of
a suite are adjusted together (Holm), so that at most one fair suite in a hundred is called uneven.

A suite that is out of balance on purpose (an original design that is kept with its flaws) declares it:
``declared["flaws"] = {sub-category: {"balance": reason}}`` in its manifest. It is then shown, and no breach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from starbench.planning.trials import arrange, right_option
from starbench.runs.directory import PlannedTrial
from starbench.schema import Item
from starbench.schema.score import BestConstant
from starbench.scoring.constant import best_constant
from starbench.scoring.observations import MISSING, Observation
from starbench.scoring.paired_tests import holm
from starbench.verify.answers import Group, flaw, groups
from starbench.verify.findings import Breach
from starbench.verify.statistics import names_by_class
from starbench.verify.strategies import (
    OptionLayout,
    Strategy,
    by_content,
    by_letter,
    by_place,
    layouts,
    together,
)

#: A constant strategy may gain this over chance, as a fraction, before it is called a gain ...
MOST_GAIN = 0.02
#: ... and answers may be this unlikely to come from a fair draw, after Holm: one fair suite in a hundred.
LEAST_P = 0.01
#: Name of the row of all sub-categories together.
ALL = "all together"
_TOO_FEW = "too few items of a sub-category to tell (at least 8 of two options, 6 of three, 5 of four)"


@dataclass(frozen=True)
class BalanceRow:
    """Balance of one sub-category: shares as fractions, p values adjusted by Holm over the suite, None if untested."""

    group: str
    items: int
    chance: float
    constant: float
    """What the best constant strategy gets, and what it chooses."""
    content: str
    positions: tuple[int, ...]
    """How often each option is right, as stored."""
    p_content: float | None
    p_letter: float | None
    p_level: float | None
    declared: str | None


@dataclass(frozen=True)
class Balance:
    """A row for each sub-category; breaches; and what too few items leave unmeasured."""

    rows: list[BalanceRow]
    breaches: list[Breach]
    unmeasured: list[dict[str, Any]]


class _Test(NamedTuple):
    group: str
    what: str
    """``answers``, ``letters`` or ``levels``."""
    p: float
    strategy: Strategy | None = None


def audit(items: Sequence[Item], declared: dict[str, Any]) -> Balance:
    """Test every sub-category, and all that do not declare to be uneven together."""
    parts: dict[str, list[Item]] = {}
    for item in items:
        parts.setdefault(item.part, []).append(item)
    asked = {name: found for name, members in parts.items() if (found := layouts(members))}
    excused = {name: reason for name in asked if (reason := flaw(declared, name, "balance")) is not None}
    contents = {name: by_content(found) for name, found in asked.items()}
    tests = [test for name in asked for test in _tests(name, contents[name], by_letter(asked[name]))]
    tests += [_Test(group.name, "levels", p) for group in groups(items) if (p := _level_p(group)) is not None]
    whole = [question for name, found in asked.items() if name not in excused for question in found]
    if len(asked) - len(excused) > 1:
        # Of each sub-category the strategy that its items test best, whatever came out.
        best = [min(contents[name], key=lambda one: one.least_p) for name in asked if name not in excused]
        tests += _tests(ALL, [together(best), *by_place(whole)], by_letter(whole))
    adjusted = [test._replace(p=p) for test, p in zip(tests, holm([test.p for test in tests]), strict=True)]
    least: dict[tuple[str, str], float] = {}
    for test in adjusted:
        least[test.group, test.what] = min(test.p, least.get((test.group, test.what), 1.0))
    rows = [
        _row(name, parts[name], found, contents[name], least, excused.get(name))
        for name, found in asked.items()
    ]
    rows += [_row(ALL, items, [], [], least, None)] if any(test.group == ALL for test in tests) else []
    sizes = {name: len(found) for name, found in asked.items()} | {ALL: len(whole)}
    suspect = [test for test in adjusted if test.group not in excused and _is_uneven(test, sizes[test.group])]
    few = sum((name, "answers") not in least for name in asked)
    unmeasured = [{"claim": "balance of answers", "why": _TOO_FEW, "count": few}] if few else []
    return Balance(rows, list(_breaches(suspect)), unmeasured)


def constant_of(items: Sequence[Item]) -> BestConstant:
    """The best constant strategy of a sub-category, as first asked."""
    return best_constant([_observation(item) for item in items])


def _tests(name: str, contents: Iterable[Strategy], letters: Iterable[Strategy]) -> Iterator[_Test]:
    """A test for each strategy that so many items could convict."""
    for what, strategies in (("answers", contents), ("letters", letters)):
        yield from (_Test(name, what, one.p, one) for one in strategies if one.least_p < LEAST_P)


def _is_uneven(test: _Test, items: int) -> bool:
    gain = 1.0 if test.strategy is None else (test.strategy.right - test.strategy.expected) / items
    return test.p < LEAST_P and gain > MOST_GAIN


def _breaches(tests: Sequence[_Test]) -> Iterator[Breach]:
    """One for each group and kind: the least likely."""
    worst: dict[tuple[str, str], _Test] = {}
    for test in sorted(tests, key=lambda test: test.p):
        worst.setdefault((test.group, test.what), test)
    for test in worst.values():
        where = "the suite" if test.group == ALL else test.group
        if test.strategy is None:
            measured = f"dependent (p {test.p:.2g})"
            yield Breach(where, "balance of levels", "answers are independent of the level", measured)
            continue
        one = test.strategy
        measured = (
            f"{one.right} of {one.offered} right by always choosing {one.choice!r}, where chance gets "
            f"{one.expected:.3g} (p {test.p:.2g})"
        )
        yield Breach(
            where, f"balance of {test.what}", "always choosing the same gets no more than chance", measured
        )


def _row(
    name: str,
    items: Sequence[Item],
    asked: Sequence[OptionLayout],
    strategies: Sequence[Strategy],
    least: Mapping[tuple[str, str], float],
    declared: str | None,
) -> BalanceRow:
    best = constant_of(items)
    constant, content = best.aa, best.content
    chance = sum(1 / len(item.options) for item in items)
    for strategy in strategies:
        share = (strategy.right + max(0.0, chance - strategy.expected)) / len(items)
        if share > constant:
            constant, content = share, strategy.choice
    counts = Counter(question.right for question in asked)
    return BalanceRow(
        group=name,
        items=len(items),
        chance=chance / len(items),
        constant=constant,
        content=content,
        positions=tuple(counts[k] for k in range(max((len(one.options) for one in asked), default=0))),
        p_content=least.get((name, "answers")),
        p_letter=least.get((name, "letters")),
        p_level=least.get((name, "levels")),
        declared=declared,
    )


def _observation(item: Item) -> Observation:
    """An item as it is first asked; a constant strategy needs nothing else of it."""
    contents, order = arrange(item, 0)
    right = right_option(item, order)
    letter = chr(ord("A") + contents.index(right))
    trial = PlannedTrial("suite", item.id, 0, "audio", "any", contents, letter, extension=False)
    return Observation(trial, item, MISSING, right)


def _level_p(group: Group) -> float | None:
    """Catch trials have a level of their own by definition, and one answer."""
    classes = [
        (str(item.level), name)
        for item, name in zip(group.items, group.classes, strict=True)
        if item.level is not None and not item.catch
    ]
    return names_by_class([level for level, _ in classes], [name for _, name in classes])
