"""``probe``: which attributes of sounds can be read from the layers of an encoder, and where each is lost."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from starbench.audio import Audio
from starbench.diagnose.probe.answers import ONSET_S, AnsweredPairs, compare, pairs_of_run
from starbench.diagnose.probe.asking import ask_pairs
from starbench.diagnose.probe.attributes import Attribute, select
from starbench.diagnose.probe.baselines import BASELINE
from starbench.diagnose.probe.features import Features, features_of, joined, layers_of
from starbench.diagnose.probe.leaks import leak_checks
from starbench.diagnose.probe.readings import Reading, Split, Target, read_layers, targets_of
from starbench.diagnose.probe.verdict import compare_twin, judge, last_kept, stage_readings
from starbench.diagnose.stimuli import FactorialStimuli, factorial_stimuli
from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.models.encoder import NamedEncoder, as_encoder
from starbench.runs.load import LoadedRun
from starbench.runs.suites import suites_of
from starbench.schema.probe import Probe, ProbedAttribute, ProbedLayer, ProbeVerdict, Source
from starbench.suites.suite import Suite
from starbench.version import __version__

#: Fewer clips leave too few to judge by.
FEWEST_CLIPS = 100
_VERSIONED = ("numpy", "scipy")
Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and of how much."""


@dataclass(frozen=True)
class ProbeRequest:
    """What to probe for, with how many clips; ``run`` or ``model`` say whose answers are compared, if anybody's."""

    attributes: tuple[str, ...] = ()
    count: int = 900
    seed: int = 0
    run: LoadedRun | None = None
    model: Model | None = None


def probe(
    encoder: NamedEncoder,
    suite: Suite,
    request: ProbeRequest = ProbeRequest(),
    on_progress: Progress = lambda _what, _done, _all: None,
) -> Probe:
    """Probe every layer of an encoder with single sounds of the suite's task, which are none of its items.

    Raises :class:`InputError` if the task makes no such sounds, or there are too few of them; :class:`PluginError` if
    the encoder fails; and what asking a model raises.
    """
    if request.count < FEWEST_CLIPS:
        raise InputError(f"{request.count} clips are too few to judge probes by: give {FEWEST_CLIPS} or more")
    stimuli = factorial_stimuli(suite, request.seed, request.count)
    attributes = select(request.attributes, stimuli.factors)
    return _Probing(encoder, suite, request, stimuli, attributes, on_progress).result()


@dataclass(frozen=True, eq=False)
class _Probing:
    """One call of :func:`probe`."""

    encoder: NamedEncoder
    suite: Suite
    request: ProbeRequest
    stimuli: FactorialStimuli
    attributes: tuple[Attribute, ...]
    on_progress: Progress

    def result(self) -> Probe:
        rng = np.random.default_rng(self.request.seed)
        split = Split.draw(len(self.stimuli), rng)
        # Timbres are needed for probes of unseen ones, whatever is asked.
        probed = {one.name: one for one in (*self.attributes, *select((), self.stimuli.factors)[-1:])}
        targets = targets_of(tuple(probed.values()), self.stimuli.factors, split, rng)
        asked = {one.name for one in self.attributes}

        baseline = self._encoded(BASELINE, "baselines")
        ours = self._encoded(self.encoder, self.encoder.spec)
        stages: dict[str, str] = {name: self.encoder.stage(name) for name in ours}
        if self.encoder.delivered is not None:
            heard = as_encoder(_AsEncoder(layers_of(BASELINE.encode, self.encoder.delivered)), self.encoder.spec)
            delivered = self._encoded(heard, "what is left of the sound")
            stages |= dict.fromkeys(delivered, "loader")
            ours = joined(delivered, ours)
        twin = self.encoder.twin(self.request.seed)
        missing = {} if twin else {"random twin": "the encoder makes none"}
        random = self._encoded(twin, "the same with random weights") if twin else {}

        def read(source: Source, features: Features, *, thoroughly: bool = False) -> list[Reading]:
            found = read_layers(source, features, targets, split, thoroughly=thoroughly)
            return [one for one in found if one.row.attribute in asked]

        self.on_progress("probes", 0, 3)
        readings = read("baseline", baseline)
        self.on_progress("probes", 1, 3)
        model = read("model", ours, thoroughly=True)
        self.on_progress("probes", 2, 3)
        twins = read("random", random)
        self.on_progress("probes", 3, 3)

        answered, why_none = self._answers(split)
        missing |= why_none
        heard_pairs: Features = {}
        if answered is not None and answered.sounds:
            heard_pairs = features_of(self.encoder, answered.sounds, [ONSET_S] * len(answered.sounds))
            if self.encoder.delivered is not None:
                heard_pairs = joined(
                    features_of(heard, answered.sounds, [ONSET_S] * len(answered.sounds)), heard_pairs
                )
        verdicts = [
            self._verdict(target, readings, model, twins, stages, answered, heard_pairs or ours)
            for target in targets
            if target.attribute.name in asked
        ]
        varied = {one.attribute.name for one in targets}
        verdicts += [
            ProbeVerdict(attribute=name, where="undetermined", reason="not varied")
            for name in sorted(asked - varied)
        ]
        return Probe(
            encoder=self.encoder.spec,
            note=self.encoder.note,
            suite=self.suite.name,
            suite_digest=self.suite.digest,
            model=None if answered is None else answered.source,
            seed=self.request.seed,
            twin_seed=self.request.seed if twin else None,
            clips=len(self.stimuli),
            train=len(split.train),
            validation=len(split.validation),
            test=len(split.test),
            attributes=tuple(_described(one) for one in targets if one.attribute.name in asked),
            layers=tuple(
                ProbedLayer(name=name, stage=stages[name], features=one["clip"].shape[1] // 3)
                for name, one in ours.items()
            ),
            rows=tuple(one.row for one in (*readings, *model, *twins)),
            leaks=leak_checks(self.stimuli, [one for one in targets if one.attribute.name in asked], split),
            verdicts=tuple(verdicts),
            missing=missing,
            versions={"starbench": __version__}
            | {name: importlib.metadata.version(name) for name in _VERSIONED},
        )

    def _encoded(self, encoder: NamedEncoder, what: str) -> Features:
        done = 0

        def on_clip() -> None:
            nonlocal done
            done += 1
            self.on_progress(what, done, len(self.stimuli))

        return features_of(encoder, self.stimuli.clips, self._onsets, on_clip)

    @property
    def _onsets(self) -> Iterable[float]:
        return [float(one) for one in self.stimuli.factors.get("onset_s", np.zeros(len(self.stimuli)))]

    def _answers(self, split: Split) -> tuple[AnsweredPairs | None, dict[str, str]]:
        """The model's answers about pairs, or why there are none."""
        compared = [one for one in self.attributes if one.more]
        if self.request.run is not None:
            suites = suites_of([self.request.run], [])
            seconds = self.stimuli.clips[0].seconds
            found = pairs_of_run(self.request.run, suites, compared, seconds)
            if not any(found.pairs.values()):
                return None, {"answers": "the run has no questions that compare two sounds, or their sounds are not here"}
            return found, {}
        if self.request.model is not None:
            rng = np.random.default_rng([self.request.seed, 1])
            return ask_pairs(self.request.model, self.stimuli, split.test, compared, rng), {}
        return None, {"answers": "no model was asked"}

    def _verdict(
        self,
        target: Target,
        baseline: Sequence[Reading],
        model: Sequence[Reading],
        twins: Sequence[Reading],
        stages: Mapping[str, str],
        answered: AnsweredPairs | None,
        features: Features,
    ) -> ProbeVerdict:
        name = target.attribute.name
        baseline, model, twins = (
            [one for one in readings if one.row.attribute == name] for readings in (baseline, model, twins)
        )
        found = stage_readings(baseline, model, stages)
        best = next((one for row, one in found if row.stage == "encoder"), None)
        deep = [one for one in twins if stages.get(one.row.layer) == "encoder"]
        twin = compare_twin(best, deep, target) if best and deep and not target.names else None
        pairs = answered.pairs.get(name, ()) if answered else ()
        answers = None
        if answered is not None and pairs:
            # Against the last probe that reads it; where none does, against the last of all.
            _, last = found[max(last_kept(found), 1) if len(found) > 1 else 0]
            answers = compare(pairs, last, features, answered.source)
        return judge(name, found, twin, answers)


class _AsEncoder:
    """A function as an encoder."""

    def __init__(self, encode: Callable[[Audio], Mapping[str, object]]) -> None:
        self.encode = encode


def _described(target: Target) -> ProbedAttribute:
    attribute = target.attribute
    return ProbedAttribute(
        name=attribute.name, unit=attribute.unit, chance=target.chance, human_jnd=attribute.human_jnd
    )
