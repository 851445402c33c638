"""A model that is cut somewhere is judged to be cut there; where there is no signal, nothing is claimed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from small_lalm import SmallLalm

from starbench.diagnose.probe import PreparedStimuli, probe
from starbench.diagnose.probe.answers import AnsweredPair, compare
from starbench.diagnose.probe.attributes import ATTRIBUTES
from starbench.diagnose.probe.readings import Split, read_layers, targets_of
from starbench.diagnose.probe.verdict import bar, judge, stage_readings, state
from starbench.models.encoder import as_encoder
from starbench.models.resolve import as_model
from starbench.schema.probe import ProbeRecord, ProbeVerdict

pytestmark = pytest.mark.slow

NOTHING_FOUND = "none found"


@cache
def verdicts(cut: str, prepared: PreparedStimuli) -> dict[str, ProbeVerdict]:
    lalm = SmallLalm(cut)
    record = probe(as_encoder(lalm, f"lalm {cut}"), prepared, model=as_model(lalm, "lalm"))
    assert ProbeRecord.model_validate_json(record.model_dump_json()) == record
    return {one.attribute: one for one in record.verdicts}


def test_a_model_that_hears_loses_nothing(prepared: PreparedStimuli) -> None:
    found = verdicts("", prepared)
    assert {found[name].where for name in ("pitch", "loudness", "duration")} == {NOTHING_FOUND}
    assert found["azimuth"].where in (NOTHING_FOUND, "undetermined")
    twin, answers = found["loudness"].twin, found["loudness"].answers
    assert twin is not None
    assert twin.jnd_ratio_interval[0] > 1.25
    assert answers is not None
    assert answers.accuracy > 0.9
    assert answers.n == answers.answered == len(prepared.split.test) // 2


@pytest.mark.parametrize(
    ("cut", "attribute", "where"),
    [
        ("mono", "azimuth", "loader"),
        ("short", "duration", "loader"),
        ("normalised", "loudness", "loader"),
        ("tower", "pitch", "encoder"),
        ("tower", "duration", "encoder"),
        ("left ear", "azimuth", "encoder"),
        ("projector", "loudness", "projector"),
        ("one dimension", "azimuth", "projector"),
        ("head", "loudness", "language model"),
        ("head", "duration", "language model"),
    ],
)
def test_the_cut_is_found(cut: str, attribute: str, where: str, prepared: PreparedStimuli) -> None:
    assert verdicts(cut, prepared)[attribute].where == where


def test_what_is_not_cut_is_not_blamed(prepared: PreparedStimuli) -> None:
    for cut, attribute in (("mono", "loudness"), ("short", "loudness"), ("normalised", "duration")):
        assert verdicts(cut, prepared)[attribute].where == NOTHING_FOUND


def test_nothing_gives_an_attribute_away(prepared: PreparedStimuli) -> None:
    assert {one.kind for one in prepared.leaks} == {"normalised", "silence"}
    assert max(one.r2 for one in prepared.leaks) < 0.1


def planted(seed: int, *, in_clip: bool) -> ProbeVerdict:
    """A verdict where the model's layers hold nothing of the attribute, nor its answers, nor perhaps the clip."""
    rng = np.random.default_rng(seed)
    loudness = next(one for one in ATTRIBUTES if one.name == "loudness")
    split = Split.draw(150, rng)
    values = rng.uniform(-46.0, -16.0, 150)
    (target,) = targets_of([loudness], {"level_db": values}, split, rng)

    def layer() -> dict[str, np.ndarray]:
        return {"clip": rng.standard_normal((150, 6)).astype(np.float32)}

    clip = layer()
    if in_clip:
        clip["clip"] = np.column_stack([clip["clip"], values + rng.standard_normal(150)]).astype(np.float32)
    baseline = read_layers("baseline", {"spectrum": clip}, [target], split)
    ours = read_layers("model", {"input": layer(), "tower": layer()}, [target], split)
    found = stage_readings(baseline, ours, {"input": "loader", "tower": "encoder"})
    test = rng.permutation(split.test)
    pairs = [
        AnsweredPair(int(a), int(b), bool(values[b] > values[a]), True, bool(rng.random() < 0.5))
        for a, b in zip(test[0::2], test[1::2], strict=False)
    ]
    features = {"input": layer(), "tower": layer()}
    return judge("loudness", [one for one, _ in found], None, compare(pairs, found[1][1], features, "asked"))


@pytest.mark.parametrize("in_clip", [False, True])
def test_without_a_signal_nothing_is_claimed_at_the_stated_rate(in_clip: bool) -> None:
    found = [planted(seed, in_clip=in_clip).where for seed in range(100)]
    right = {"undetermined", "loader"} if in_clip else {"undetermined"}
    assert sum(where not in right for where in found) <= 5
    if in_clip:
        assert found.count("loader") > 50


def test_an_attribute_that_does_not_vary_is_undetermined(prepared: PreparedStimuli) -> None:
    rng = np.random.default_rng(0)
    assert targets_of(ATTRIBUTES[:1], {"pitch_hz": np.full(300, 440.0)}, prepared.split, rng) == ()


def test_the_bar_is_half_of_what_was_read_before() -> None:
    assert [bar(one) for one in (0.5, 0.7, 1.0)] == [0.6, 0.6, 0.75]
    assert [state(one, 0.6) for one in ((0.61, 0.9), (0.4, 0.59), (0.5, 0.7))] == [
        "kept",
        "not read",
        "unclear",
    ]
