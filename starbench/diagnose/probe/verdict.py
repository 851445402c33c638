"""From which stage of a model on probes read an attribute no more, and what the answers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from starbench.diagnose.probe.readings import ProbeReading, Target
from starbench.models.encoder import STAGES
from starbench.schema.probe import (
    Answers,
    ProbeVerdict,
    StageReading,
    State,
    TwinComparison,
    VerdictReason,
    Where,
)
from starbench.scoring.bootstrap import limits

#: The least that counts as read, as share of pairs; chance is a half.
LEAST = 0.6
#: Trained weights must read so much smaller differences than random ones.
_BETTER = 1.25
#: Weights that may read differences so many times smaller are not known to be as random ones.
_MUCH_BETTER = 2.0
_SIGNIFICANT = 0.05
CLIP = "clip"
_AnswersState = Literal["kept", "missed", "unclear"]


def bar(accuracy: float) -> float:
    """Half of what could be read before, above chance, and no less than :data:`LEAST`."""
    return max(LEAST, 0.5 + (accuracy - 0.5) / 2.0)


def state(found: tuple[float, float], limit: float) -> State:
    """Whether an interval lies above or below a bar."""
    return "kept" if found[0] > limit else "not read" if found[1] < limit else "unclear"


def stage_readings(
    baseline: Sequence[ProbeReading], model: Sequence[ProbeReading], stages: Mapping[str, str]
) -> list[tuple[StageReading, ProbeReading]]:
    """The best probe of the clip itself and of each stage that has layers; all readings are of one attribute."""
    found: list[tuple[StageReading, ProbeReading]] = []
    before = 0.5
    for stage in (CLIP, *STAGES):
        readings = baseline if stage == CLIP else [one for one in model if stages[one.row.layer] == stage]
        if not readings:
            continue
        best = max(readings, key=lambda one: one.row.validation)
        row, limit = best.row, bar(before)
        significant = row.p_holm < _SIGNIFICANT
        what = state(row.accuracy_interval, limit)
        if what == "kept" and not significant:
            what = "unclear"
        # It is read, if by a probe that was not chosen.
        if what == "not read" and any(one.row.accuracy_interval[0] > limit for one in readings):
            what = "unclear"
        found.append(
            (
                StageReading(
                    stage=stage,
                    layer=row.layer,
                    family=row.family,
                    pooling=row.pooling,
                    accuracy=row.accuracy,
                    interval=row.accuracy_interval,
                    bar=limit,
                    state=what,
                    significant=significant,
                ),
                best,
            )
        )
        before = max(before, row.accuracy)
    return found


def last_kept(stages: Sequence[StageReading]) -> int:
    """Place of the last stage behind which the attribute is read; what is read there was there before, too.

    -1 if it is read nowhere.
    """
    return max((place for place, one in enumerate(stages) if one.state == "kept"), default=-1)


def compare_twin(ours: ProbeReading, twins: Sequence[ProbeReading], target: Target) -> TwinComparison:
    """The encoder's best layer against the best of its random twin's encoder layers."""
    twin = max(twins, key=lambda one: one.row.validation)
    pairs = target.pairs
    (scale, scales), (twin_scale, twin_scales) = (pairs.scale(one.predicted) for one in (ours, twin))
    low, high = np.exp(limits(np.log(twin_scales / scales)))
    return TwinComparison(
        layer=twin.row.layer,
        family=twin.row.family,
        accuracy=twin.row.accuracy,
        jnd_ratio=twin_scale / scale,
        jnd_ratio_interval=(float(low), float(high)),
    )


def judge(
    attribute: str,
    stages: Sequence[StageReading],
    twin: TwinComparison | None = None,
    answers: Answers | None = None,
) -> ProbeVerdict:
    """The part that is blamed, by the first of these that holds.

    Answers that are as good as the bar: none. No baseline reads it from the clips: undetermined. Probes do not read it
    at the stage after the last that keeps it: that one. Without answers: none. Answers are worse than the last probe:
    the language model, or the encoder if random weights read it as well, so that training has brought nothing that the
    rest of the model could use.
    """
    where, reason = _loss(stages, twin, None if answers is None else _answered(answers))
    return ProbeVerdict(
        attribute=attribute, where=where, reason=reason, stages=tuple(stages), twin=twin, answers=answers
    )


def _loss(
    stages: Sequence[StageReading], twin: TwinComparison | None, answered: _AnswersState | None
) -> tuple[Where, VerdictReason]:
    kept = last_kept(stages)
    if answered == "kept":
        return "none found", "answers agree"
    if kept < 0:
        return "undetermined", "not in the clips"
    if kept + 1 < len(stages):
        following = stages[kept + 1]
        if following.state != "not read":
            return "undetermined", "interval across the bar"
        return following.stage, "not read at the stage"  # type: ignore[return-value]
    if answered == "unclear":
        return "undetermined", "answers undecided"
    return _loss_behind_all(twin, answered)


def _loss_behind_all(
    twin: TwinComparison | None, answered: _AnswersState | None
) -> tuple[Where, VerdictReason]:
    """The part that is blamed if every stage keeps it."""
    may_be_as_random = twin is not None and twin.jnd_ratio_interval[0] <= _BETTER
    is_as_random = may_be_as_random and twin is not None and twin.jnd_ratio_interval[1] < _MUCH_BETTER
    if answered is None:
        return "none found", "as with random weights" if is_as_random else "readable everywhere"
    if is_as_random:
        return "encoder", "as with random weights"
    if may_be_as_random:
        return "undetermined", "interval across the bar"
    return "language model", "answers below the probe"


def _answered(answers: Answers) -> _AnswersState:
    """Whether answers keep what the probe reads of the same pairs.

    They do not where they are below the bar, or no better than chance, and significantly worse than the probe.
    """
    limit = bar(answers.probe_accuracy)
    if answers.interval[0] > limit:
        return "kept"
    is_low = answers.interval[1] < limit or answers.interval[0] <= 0.5
    is_worse = answers.mcnemar_p < _SIGNIFICANT and answers.only_probe > answers.only_model
    return "missed" if is_low and is_worse else "unclear"
