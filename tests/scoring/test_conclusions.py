"""A threshold is evidence of hearing where accuracy is not, as far as no floor explains it."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_runs import write

from starbench.runs.load import load
from starbench.schema.conclusion import ConclusionKind
from starbench.schema.floors import Floors
from starbench.schema.score import BestConstant
from starbench.schema.threshold import Threshold, ThresholdStatus
from starbench.scoring import conclusions as module
from starbench.scoring.conclusions import conclusions
from starbench.scoring.observations import observe


def row(status: ThresholdStatus, attribute: str = "part") -> Threshold:
    return Threshold.model_construct(task="T", attribute=attribute, status=status)


@pytest.mark.parametrize(
    ("status", "floor", "kind"),
    [
        (ThresholdStatus.MEASURED, None, ConclusionKind.HEARD),
        (ThresholdStatus.BELOW_SMALLEST, None, ConclusionKind.HEARD),
        (ThresholdStatus.MEASURED, 0.51, ConclusionKind.HEARD),
        (ThresholdStatus.MEASURED, 0.7, ConclusionKind.WITHIN_FLOOR),
        (ThresholdStatus.AT_CHANCE, None, ConclusionKind.NO_EVIDENCE),
        (ThresholdStatus.ABOVE_LARGEST, 0.7, ConclusionKind.NO_EVIDENCE),
        (ThresholdStatus.TOO_FEW, None, ConclusionKind.NO_EVIDENCE),
    ],
)
def test_a_threshold_counts_as_far_as_accuracy_is_above_the_floor(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: ThresholdStatus,
    floor: float | None,
    kind: ConclusionKind,
) -> None:
    # Planted answers are all the first option, which a suite's are not.
    monkeypatch.setattr(
        module, "best_constant", lambda _: BestConstant(aa=0.5, acr=0.5, oa=0.5, content="first")
    )
    endings = {f"i{k}": ("right" if k % 20 < 11 else "wrong",) for k in range(40)}  # 55 %, by guessing 50
    run = load(write(tmp_path / "run", {"audio": endings}, sub=lambda _: "part"))
    floors = {} if floor is None else {"part": Floors(colour=floor)}
    (found,) = conclusions("audio", observe(run), floors, [row(status)])
    assert found.kind is kind
    (other,) = conclusions("audio", observe(run), floors, [row(status, attribute="another")])
    assert other.kind is ConclusionKind.NO_EVIDENCE
    if kind is ConclusionKind.WITHIN_FLOOR:
        assert (found.reference, found.reference_name) == (0.7, "colour")
