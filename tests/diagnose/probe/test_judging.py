"""Which part is named: by what each stage keeps, what random weights read, and what is answered."""

from __future__ import annotations

import pytest

from starbench.diagnose.probe.verdict import judge
from starbench.schema.probe import Answers, StageReading, State, TwinComparison

STAGES = ("clip", "loader", "encoder", "projector", "language model")


def read(*states: State) -> list[StageReading]:
    """Stages in these states, in their order."""
    shared = {"layer": "l", "family": "linear", "pooling": "mean", "accuracy": 0.9, "interval": (0.85, 0.95)}
    named = zip(STAGES, states, strict=False)
    return [StageReading(stage=one, state=what, bar=0.7, significant=True, **shared) for one, what in named]


def twin(low: float, high: float) -> TwinComparison:
    ratio = (low * high) ** 0.5
    return TwinComparison(
        layer="l", family="linear", accuracy=0.9, jnd_ratio=ratio, jnd_ratio_interval=(low, high)
    )


def answers(share: float) -> Answers:
    """Of 400 pairs of which the probe has 90 % right."""
    right = round(400 * share)
    return Answers(
        source="asked",
        n=400,
        answered=400,
        correct=right,
        accuracy=share,
        interval=(share - 0.05, share + 0.05),
        probe_layer="l",
        probe_accuracy=0.9,
        probe_interval=(0.87, 0.93),
        only_probe=360 - right if right < 360 else 0,
        only_model=0,
        mcnemar_p=1e-9 if right < 350 else 0.9,
    )


KEPT: tuple[State, ...] = ("kept",) * 5
AS_RANDOM, BETTER, UNSURE = twin(0.9, 1.4), twin(2.5, 4.0), twin(1.1, 3.0)


@pytest.mark.parametrize(
    ("states", "random", "answered", "where", "reason"),
    [
        (("unclear",), None, None, "undetermined", "not in the clips"),
        (("kept", "not read", "not read"), None, None, "loader", "not read at the stage"),
        (("kept", "kept", "not read", "not read"), None, answers(0.5), "encoder", "not read at the stage"),
        (
            ("kept", "kept", "kept", "not read", "not read"),
            BETTER,
            answers(0.5),
            "projector",
            "not read at the stage",
        ),
        (("kept", "kept", "unclear"), None, None, "undetermined", "interval across the bar"),
        (("kept", "not read", "kept", "kept", "kept"), BETTER, None, "none found", "readable everywhere"),
        (
            ("kept", "not read", "not read", "not read", "not read"),
            None,
            answers(0.9),
            "none found",
            "answers agree",
        ),
        (KEPT, BETTER, answers(0.5), "language model", "answers below the probe"),
        (KEPT, None, answers(0.5), "language model", "answers below the probe"),
        (KEPT, BETTER, answers(0.69), "undetermined", "answers undecided"),
        (KEPT, BETTER, None, "none found", "readable everywhere"),
        (KEPT, AS_RANDOM, answers(0.5), "encoder", "as with random weights"),
        (KEPT, AS_RANDOM, answers(0.9), "none found", "answers agree"),
        (KEPT, AS_RANDOM, None, "none found", "as with random weights"),
        (KEPT, UNSURE, answers(0.5), "undetermined", "interval across the bar"),
        (KEPT, UNSURE, None, "none found", "readable everywhere"),
    ],
)
def test_the_part_is_named_by_the_first_rule_that_holds(
    states: tuple[State, ...],
    random: TwinComparison | None,
    answered: Answers | None,
    where: str,
    reason: str,
) -> None:
    verdict = judge("pitch", read(*states), random, answered)
    assert (verdict.where, verdict.reason) == (where, reason)
