"""Which attributes of sounds can be read from the layers of an encoder, and from which part on no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from starbench.diagnose.probe.answers import ONSET_S, AnsweredPairs, compare, pairs_of_run
from starbench.diagnose.probe.baselines import delivered_baseline
from starbench.diagnose.probe.features import Features, features_of, joined
from starbench.diagnose.probe.pair_questions import ask_pairs
from starbench.diagnose.probe.prepared import PreparedStimuli, Progress, ignore
from starbench.diagnose.probe.readings import ProbeReading, Target
from starbench.diagnose.probe.verdict import compare_twin, judge, last_kept, stage_readings
from starbench.execution.environment import versions
from starbench.models.adapter import Model
from starbench.models.encoder import NamedEncoder, Stage
from starbench.runs.load import LoadedRun
from starbench.runs.suites import suites_of
from starbench.schema.probe import Answers, ProbedAttribute, ProbedLayer, ProbeRecord, ProbeVerdict
from starbench.suites.suite import Suite


def probe(
    encoder: NamedEncoder,
    prepared: PreparedStimuli,
    *,
    run: LoadedRun | None = None,
    model: Model | None = None,
    on_progress: Progress = ignore,
) -> ProbeRecord:
    """Probe every layer of an encoder; ``run`` or ``model`` say whose answers are compared, if anybody's.

    Raises :class:`PluginError` if the encoder fails, and what asking a model raises.
    """
    parts = [encoder]
    if encoder.delivered is not None:
        parts.insert(0, delivered_baseline(encoder.spec, encoder.delivered))
    twin = encoder.twin(prepared.seed)
    encoded = [prepared.encoded(one, one.spec, on_progress) for one in parts]
    stages: dict[str, Stage] = {
        name: part.stage(name) for part, layers in zip(parts, encoded, strict=True) for name in layers
    }
    features = joined(*encoded)
    missing = {} if twin else {"random twin": "the encoder makes none"}
    random = prepared.encoded(twin, twin.spec, on_progress) if twin else {}

    on_progress("probes", 0, 2)
    ours = prepared.read("model", features, thoroughly=True)
    on_progress("probes", 1, 2)
    twins = prepared.read("untrained", random)
    on_progress("probes", 2, 2)

    answered, why_none = _answers(prepared, run, model)
    if answered is None:
        missing["answers"] = why_none
    elif answered.sounds is not None:
        onsets = [ONSET_S] * len(answered.sounds)
        heard = joined(*(features_of(one, answered.sounds, onsets) for one in parts))
        if _widths(heard) != _widths(features):
            raise encoder.fault("its layers depend on how long a clip is, or their width does")
        features = heard
    return ProbeRecord(
        encoder=encoder.spec,
        arguments=dict(encoder.arguments),
        note=encoder.note,
        suite=prepared.suite.name,
        suite_digest=prepared.suite.digest,
        model=None if answered is None else answered.source,
        seed=prepared.seed,
        twin_seed=prepared.seed if twin else None,
        clips=len(prepared.stimuli),
        train=len(prepared.split.train),
        validation=len(prepared.split.validation),
        test=len(prepared.split.test),
        attributes=tuple(_described(one) for one in prepared.targets if one.attribute in prepared.attributes),
        layers=tuple(
            ProbedLayer(name=name, stage=stages[name], features=width // 3)
            for name, width in _widths(features).items()
        ),
        rows=tuple(one.row for one in (*prepared.baselines, *ours, *twins)),
        leaks=prepared.leaks,
        verdicts=tuple(
            _verdict(one.name, prepared, ours, twins, stages, answered, features)
            for one in prepared.attributes
        ),
        missing=missing,
        versions={**versions(("numpy", "scipy")), **encoder.versions},
    )


def _answers(
    prepared: PreparedStimuli, run: LoadedRun | None, model: Model | None
) -> tuple[AnsweredPairs | None, str]:
    """Answers about pairs, or why there are none."""
    compared = [one for one in prepared.attributes if one.more]
    if run is not None:
        suites: Mapping[str, Suite] = {prepared.suite.digest: prepared.suite, **suites_of([run], [])}
        found = pairs_of_run(run, suites, compared, prepared.stimuli.clips[0])
        if any(found.pairs.values()):
            return found, ""
        return (
            None,
            "the run has no questions that compare two sounds of these attributes, or no sounds to them",
        )
    if model is not None:
        rng = np.random.default_rng([prepared.seed, 1])
        return ask_pairs(model, prepared.stimuli, prepared.split.test, compared, rng), ""
    return None, "no model was asked"


def _verdict(
    name: str,
    prepared: PreparedStimuli,
    ours: Sequence[ProbeReading],
    twins: Sequence[ProbeReading],
    stages: Mapping[str, str],
    answered: AnsweredPairs | None,
    features: Features,
) -> ProbeVerdict:
    target = next((one for one in prepared.targets if one.attribute.name == name), None)
    if target is None:
        return ProbeVerdict(attribute=name, where="undetermined", reason="not varied")
    baselines, ours, twins = (
        [one for one in readings if one.row.attribute == name]
        for readings in (prepared.baselines, ours, twins)
    )
    found = stage_readings(baselines, ours, stages)
    encoder = next((reading for one, reading in found if one.stage == "encoder"), None)
    deep = [one for one in twins if stages.get(one.row.layer) == "encoder"]
    twin = compare_twin(encoder, deep, target) if encoder and deep and target.attribute.is_number else None
    answers: Answers | None = None
    pairs = answered.pairs.get(name, ()) if answered else ()
    if answered is not None and pairs and len(found) > 1:
        # Beside the last probe that reads it; where no layer does, beside the first.
        _, last = found[max(last_kept([one for one, _ in found]), 1)]
        answers = compare(pairs, last, features, answered.source)
    return judge(name, [one for one, _ in found], twin, answers)


def _widths(features: Features) -> dict[str, int]:
    """Features of each layer."""
    return {name: next(iter(poolings.values())).shape[1] for name, poolings in features.items()}


def _described(target: Target) -> ProbedAttribute:
    attribute = target.attribute
    return ProbedAttribute(
        name=attribute.name, unit=attribute.unit, chance=target.chance, human_jnd=attribute.human_jnd
    )
