"""Answers out of balance are a breach, in suites of any design and of few items; fair ones are none."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from changed_suites import change, declare

from starbench.schema import Item
from starbench.verify.audit import verify
from starbench.verify.balance import ALL, LEAST_P, audit
from starbench.verify.statistics import evenly

#: A generator gives the index of the right answer among so many.
Draw = Callable[[int], int]


def test_answers_out_of_balance_are_a_breach_unless_declared(copied: Path) -> None:
    def lie(lines: list[dict[str, Any]]) -> None:
        for number in range(30):  # forty more of one answer
            lines.append({**lines[0], "id": f"again_{number}"})

    change(copied, lie)
    first = json.loads((copied / "metadata.jsonl").read_text("utf-8").splitlines()[0])
    group = first["sub-category"]
    found = [one for one in verify(copied, workers=1).breaches if one.item == group]
    assert [one.claim for one in found] == ["balance of answers"]
    declare(copied, {"flaws": {group: {"balance": "as published"}}})
    findings = verify(copied, workers=1)
    assert [one for one in findings.breaches if one.claim.startswith("balance")] == []
    assert next(row.declared for row in findings.balance if row.group == group) == "as published"


def test_a_suite_whose_first_option_is_always_right_is_found_although_no_sub_category_could_tell(
    copied: Path,
) -> None:
    def lie(lines: list[dict[str, Any]]) -> None:
        parts: dict[str, list[dict[str, Any]]] = {}
        for line in lines:
            parts.setdefault(line["sub-category"], []).append(line)
        lines[:] = [line for members in parts.values() for line in members[:3]]
        for line in lines:
            line["answer"] = line["options"][0]

    change(copied, lie)
    findings = verify(copied, workers=1)
    (breach,) = (one for one in findings.breaches if one.claim.startswith("balance"))
    assert breach.item == "the suite"
    assert "12 of 12" in breach.measured
    few = [gap for gap in findings.unmeasured if gap["claim"] == "balance of answers"]
    assert [gap["count"] for gap in few] == [4]
    assert {row.group for row in findings.balance if row.p_content is not None} == {ALL}


def question(number: int, options: Sequence[str], answer: str, **fields: Any) -> Item:
    columns = {
        "id": f"q{number}",
        "task": "t",
        "question": "?",
        "options": options,
        "audio_paths": ("a.wav",),
    }
    return Item.model_validate({**columns, "answer": answer, **fields})


def same_options(n: int, k: int, draw: Draw) -> list[Item]:
    options = [f"word {j}" for j in range(k)]
    return [question(number, options, options[draw(k)]) for number in range(n)]


def shuffled_options(n: int, k: int, draw: Draw) -> list[Item]:
    rng = np.random.default_rng(n)
    words = [f"word {j}" for j in range(k)]
    return [question(number, rng.permutation(words).tolist(), words[draw(k)]) for number in range(n)]


def own_options(n: int, k: int, draw: Draw) -> list[Item]:
    """Of 2 to ``k`` options each, none of which comes twice."""
    items = []
    for number in range(n):
        options = [f"{number} {j}" for j in range(2 + number % (k - 1))]
        items.append(question(number, options, options[draw(len(options))]))
    return items


def one_class_among_others(n: int, k: int, draw: Draw) -> list[Item]:
    """Every item offers "dog", and others from many."""
    items = []
    for number in range(n):
        options = ["dog", *(f"animal {(number + j) % 11}" for j in range(k - 1))]
        items.append(question(number, options, options[draw(k)]))
    return items


def asked_once(n: int, k: int, draw: Draw) -> list[Item]:
    """The right option anywhere, under the letter that is drawn."""
    items = []
    for number in range(n):
        options = [f"{number} {j}" for j in range(k)]
        right = number % k
        offset = (draw(k) - right) % k
        items.append(question(number, options, options[right], rotations=1, rotation_offset=offset))
    return items


def orders(n: int, _: int, draw: Draw) -> list[Item]:
    """Three clips each, asked in one order."""
    stated = list(permutations((1, 2, 3)))
    fields = {"option_orders": stated, "audio_paths": ("a", "b", "c"), "rotations": 1}
    texts = ["-".join(map(str, order)) for order in stated]
    return [
        question(number, texts, None, **fields, rotation_offset=draw(6))  # type: ignore[arg-type]
        for number in range(n)
    ]


DESIGNS = [
    (same_options, 8, 2),
    (same_options, 6, 3),
    (same_options, 5, 4),
    (shuffled_options, 8, 2),
    (own_options, 8, 4),
    (one_class_among_others, 8, 4),
    (asked_once, 8, 2),
    (asked_once, 5, 4),
    (orders, 8, 6),
]


@pytest.mark.parametrize(("design", "n", "k"), DESIGNS)
def test_an_answer_that_is_always_the_same_is_found_in_few_items(
    design: Callable[[int, int, Draw], list[Item]], n: int, k: int
) -> None:
    (breach,) = audit(design(n, k, lambda _: 0), {}).breaches
    assert breach.claim == ("balance of letters" if design is asked_once else "balance of answers")
    assert f"{n} of {n} right" in breach.measured


@pytest.mark.parametrize(("design", "n", "k"), [*DESIGNS, (same_options, 31, 3), (orders, 40, 6)])
def test_a_fair_suite_is_called_uneven_once_in_a_hundred(
    design: Callable[[int, int, Draw], list[Item]], n: int, k: int
) -> None:
    rng = np.random.default_rng(11)
    uneven = sum(bool(audit(design(n, k, lambda m: int(rng.integers(m))), {}).breaches) for _ in range(200))
    assert uneven <= 7  # of 2 that are expected at most: more than 7 come once in a thousand


def test_what_is_asked_at_every_rotation_or_order_has_no_letter_to_prefer() -> None:
    for items in (orders(20, 6, lambda _: 0), asked_once(20, 4, lambda _: 0)):
        everything = [item.model_copy(update={"rotations": None}) for item in items]
        assert audit(everything, {}).breaches == []


def test_too_few_items_are_said_to_be_too_few() -> None:
    found = audit(same_options(7, 2, lambda _: 0), {})
    assert found.breaches == []
    assert [(gap["claim"], gap["count"]) for gap in found.unmeasured] == [("balance of answers", 1)]
    assert audit(same_options(8, 2, lambda number: number % 2), {}).unmeasured == []


def test_an_option_that_declines_is_no_choice_unless_it_is_right_once() -> None:
    options = ["left", "right", "unable to determine"]
    items = [question(number, options, options[number % 2], abstain=2) for number in range(40)]
    assert audit(items, {}).breaches == []
    right_once = [*items[:-1], question(40, options, options[2], abstain=2)]
    assert audit(right_once, {}).breaches != []


def test_evenness_of_few_counts_is_exact() -> None:
    assert evenly([8, 0]) == pytest.approx(2 / 2**8)
    assert evenly([6, 0, 0]) == pytest.approx(3 / 3**6)
    assert evenly([4, 1, 0]) == pytest.approx((3 + 30) / 3**5)
    assert evenly([2, 2, 1]) == 1
    draws = np.random.default_rng(3).multinomial(11, [1 / 4] * 4, 4000)
    assert np.mean([evenly(counts.tolist()) < LEAST_P for counts in draws]) < 1.5 * LEAST_P
