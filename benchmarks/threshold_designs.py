"""How many questions a threshold takes: constant levels, two stages, and levels that follow from the answers.

    python benchmarks/threshold_designs.py                                  # 100 listeners a cell, every design
    python benchmarks/threshold_designs.py --design adaptive --batch 1 --threshold 4 --criterion 1

A cell is a threshold (JND) and a width of "the same" (sd). Each listener compares two sounds, 2 % of its answers are
lapses, and every question is asked once. Printed for each cell and design: the share of listeners whose threshold is
measured and within 20 % of the truth, the share of 95 % intervals that hold it, the ratio of the intervals' ends, the
number of questions, and what was said of the others.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
from thresholds import COMPARISON, LAPSE, LEVELS

from starbench.adaptive.procedure import Procedure
from starbench.schema.threshold import Threshold
from starbench.scoring.psychometrics.answers import Answer
from starbench.scoring.psychometrics.thresholds import informative_level, threshold
from starbench.synthesis import Draft, LevelDesign

FIRST, SAME, SECOND = COMPARISON


def _no_draft(*_: object) -> Draft:
    raise NotImplementedError("simulated listeners need no sound")


#: As the task ``perception`` has it, without its sounds.
DESIGN = LevelDesign(
    "comparison", "default", LEVELS, (LEVELS[0] / 2, LEVELS[-1]), "JND", (FIRST, SECOND, SAME), _no_draft
)
CATCH = 1 / 4
COARSE, AROUND, FACTOR, LEVELS_AROUND = 60, 180, 2.0, 5


class Listener(NamedTuple):
    theta: float
    criterion: float
    rng: np.random.Generator

    def answer(self, item: str, signed: float) -> Answer:
        """What it says of a difference of the second sound from the first."""
        heard = self.rng.standard_normal() + signed / (self.theta * 2**0.5)
        chosen = 1 + int(heard > self.criterion) - int(heard < -self.criterion)
        if self.rng.random() < LAPSE:
            chosen = int(self.rng.integers(3))
        return Answer(
            item, abs(signed) or None, COMPARISON, COMPARISON[1 + int(np.sign(signed))], COMPARISON[chosen]
        )


def constant_answers(listener: Listener, levels: tuple[float, ...], n: int, stage: str = "") -> list[Answer]:
    """Every level and both orders equally often, and a quarter of catch trials."""
    n_different = n - round(n * CATCH)
    signed = [levels[k // 2 % len(levels)] * (1 - 2 * (k % 2)) for k in range(n_different)]
    signed += [0.0] * (n - n_different)
    return [listener.answer(f"{stage}{number}", one) for number, one in enumerate(signed)]


def fitted(answers: list[Answer]) -> Threshold:
    return threshold("task", "comparison", "audio", "JND", [LEVELS[0], LEVELS[-1]], answers)


def constant(n: int, listener: Listener) -> tuple[Threshold, int]:
    return fitted(constant_answers(listener, LEVELS, n)), n


def two_stages(is_pooled: bool, listener: Listener) -> tuple[Threshold, int]:
    """Coarse items, then items where the estimate says most is learnt; the fit is to the latter, or to both."""
    coarse = constant_answers(listener, LEVELS, COARSE, "coarse ")
    first = fitted(coarse)
    centre = informative_level(first)
    if centre is None:
        return first, COARSE
    around = np.clip(np.geomspace(centre / FACTOR, centre * FACTOR, LEVELS_AROUND), *DESIGN.limits)
    fine = constant_answers(listener, tuple(sorted(set(around.tolist()))), AROUND)
    return fitted(coarse + fine if is_pooled else fine), COARSE + AROUND


def adaptive(batch: int, listener: Listener) -> tuple[Threshold, int]:
    """The procedure that ``starbench threshold`` follows, with its usual limits."""
    seed = int(listener.rng.integers(2**31))
    procedure = Procedure(DESIGN, len(COMPARISON), seed, batch=batch)
    answers: list[Answer] = []
    while steps := procedure.next_batch(answers, len(answers)):
        signs = ({"first": -1, "second": 1, None: 0}[step.right] for step in steps)
        answers += [
            listener.answer(str(step.number), sign * step.level)
            for step, sign in zip(steps, signs, strict=True)
        ]
    return procedure.threshold("task", "audio", answers), len(answers)


def print_cell(name: str, theta: float, c: float, ends: list[tuple[Threshold, int]]) -> None:
    rows = [row for row, _ in ends]
    measured = [(row.threshold, row.threshold_ci) for row in rows if row.threshold and row.threshold_ci]
    near = sum(abs(value / theta - 1) < 0.2 for value, _ in measured) / len(rows)
    held = np.mean([low <= theta <= high for _, (low, high) in measured])
    width = np.median([high / low for _, (low, high) in measured])
    others = Counter(row.status.value for row in rows if row.threshold is None)
    print(f"{name:<22} {theta:g} JND, c = {c:g}:  within 20 % {near:4.0%}  held {held:6.1%}  ends {width:4.2f}  "
          f"questions {np.mean([n for _, n in ends]):5.0f}  {dict(others) or ''}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listeners", type=int, default=100)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--design", choices=("constant", "two-stage", "adaptive", "all"), default="all")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threshold", type=float, nargs="*", default=[1.0, 4.0])
    parser.add_argument("--criterion", type=float, nargs="*", default=[1.0, 2.0])
    options = parser.parse_args()
    designs: dict[str, Callable[[Listener], tuple[Threshold, int]]] = {
        "constant, 240": partial(constant, 240),
        "constant, 480": partial(constant, 480),
        "two-stage, second": partial(two_stages, False),
        "two-stage, both": partial(two_stages, True),
        f"adaptive, batches of {options.batch}": partial(adaptive, options.batch),
    }
    for (name, design), theta, c in product(designs.items(), options.threshold, options.criterion):
        if options.design in ("all", name.partition(",")[0]):
            rngs = (np.random.default_rng([options.seed, number]) for number in range(options.listeners))
            print_cell(name, theta, c, [design(Listener(theta, c, rng)) for rng in rngs])


if __name__ == "__main__":
    main()
