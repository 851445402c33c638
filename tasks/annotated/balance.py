"""Which of the questions that could be asked are asked: so many that no answer is the safe one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from starbench.synthesis import generator

from .question_types import AnnotatedQuestion


def balanced(questions: Iterable[AnnotatedQuestion], most: int, name: str) -> list[AnnotatedQuestion]:
    """At most ``most`` questions in which each answer is right equally often, within every stratum as well.

    Where bells are always on the left, "bell" would be the answer; such a stratum is left out. Questions are drawn by a
    generator that ``name`` seeds, and stay in their order.
    """
    strata: defaultdict[tuple[str, ...], defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    every = list(questions)
    for index, one in enumerate(every):
        strata[one.stratum][one.answer].append(index)
    blocks: list[tuple[int, ...]] = []
    for stratum, by_answer in sorted(strata.items()):
        columns = []
        for answer in sorted(every[next(iter(by_answer.values()))[0]].options):
            order = generator(0, name, *stratum, answer).permutation(len(by_answer[answer]))
            columns.append([by_answer[answer][k] for k in order])
        blocks += zip(*columns, strict=False)  # as many as the rarest answer has
    chosen: set[int] = set()
    for k in generator(0, name, "blocks").permutation(len(blocks)):
        if len(chosen) + len(blocks[k]) <= most:
            chosen.update(blocks[k])
    return [every[index] for index in sorted(chosen)]
