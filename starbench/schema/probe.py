"""What probes read of a sound from each layer of a network, and from which part on they read an attribute no more."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Bool, Facts, Float, Frozen, Int, Interval

#: Whose layers were read: the model's, the same network's with random weights, or a baseline's without a network.
Source = Literal["model", "untrained", "baseline"]
Family = Literal["linear", "kernel"]
Where = Literal["loader", "encoder", "projector", "language model", "none found", "undetermined"]
VerdictReason = Literal[
    "not in the clips",
    "not varied",
    "not read at the stage",
    "as with random weights",
    "answers below the probe",
    "answers agree",
    "readable everywhere",
    "interval across the bar",
    "answers undecided",
]
#: Whether what could be read before a stage can be read behind it: the interval lies above its bar, below, or across.
#: What probes do not read need not be lost: they are blind to the phase and fine time of features.
State = Literal["kept", "not read", "unclear"]


class ProbedAttribute(Frozen):
    """An attribute of sounds that probes look for."""

    name: str
    unit: str = ""
    """Of ``ProbeRow.jnd``; empty for an attribute of names (timbre)."""
    chance: Float
    """Of ``ProbeRow.accuracy``."""
    human_jnd: Float | None = None
    """In ``unit``, about: of trained listeners and simple sounds."""


class ProbedLayer(Frozen):
    """A layer, the part of the model that it is of, and how many features it has."""

    name: str
    stage: str
    features: Int


class ProbeRow(Frozen):
    """What the probes of one family read of one attribute from one layer; on clips that they did not learn from.

    The pooling is the one that was best on the validation clips. Intervals are 95 %, by bootstrap over clips.
    """

    attribute: str
    source: Source
    layer: str
    family: Family
    pooling: str
    validation: Float
    """Accuracy on the validation clips, by which layers and poolings are chosen."""
    accuracy: Float
    """Share of pairs of two clips in which the probe finds the one that has more; of names: of clips that it names."""
    accuracy_interval: Interval
    r2: Float | None = None
    r2_interval: Interval | None = None
    jnd: Float | None = None
    """Difference at which the probe finds the larger of two in 75 % of pairs; None: at no difference that occurs."""
    jnd_interval: tuple[Float, Float | None] | None = None
    """None as the upper end: no such difference in so many of the samples."""
    control_r2: Float | None = None
    """R² of the same probe for a fixed random value for each cell of the attribute (Hewitt & Liang 2019)."""
    unseen_timbre_r2: Float | None = None
    """R² on clips of a timbre that the probe did not learn from; the mean over timbres."""
    unseen_range_accuracy: Float | None = None
    """Accuracy among clips above all values that the probe learned from."""
    p: Float
    """Of no association between what the probe says and the attribute (Spearman, one-sided)."""
    p_holm: Float
    """The same, corrected over all layers of the source."""

    @property
    def selectivity(self) -> float | None:
        """By how much the probe reads the attribute better than arbitrary values of its cells, in R²."""
        return None if self.r2 is None or self.control_r2 is None else self.r2 - self.control_r2


class LeakCheck(Frozen):
    """What can be read of an attribute where it should not be: by the best baseline probe, in R².

    ``normalised``: from clips whose level has been normalised, asked for loudness alone. ``silence``: from the part of
    each clip before its sound.
    """

    attribute: str
    kind: Literal["normalised", "silence"]
    r2: Float
    r2_interval: Interval


class StageReading(Frozen):
    """The best probe of one stage, chosen on the validation clips, on pairs of test clips."""

    stage: str
    """``clip`` is what the baselines read of the sound before any loader."""
    layer: str
    family: Family
    pooling: str
    accuracy: Float
    interval: Interval
    bar: Float
    """Half of what could be read before, as accuracy above chance, and 0.6 at least."""
    state: State
    significant: Bool
    """Whether ``p_holm`` of its row is below 0.05."""


class TwinComparison(Frozen):
    """The encoder's best layer against the best of the same network with random weights, on the same pairs."""

    layer: str
    family: Family
    accuracy: Float
    """The twin's."""
    jnd_ratio: Float
    """How many times larger a difference must be for the twin."""
    jnd_ratio_interval: Interval


class Answers(Frozen):
    """The model's own answers about pairs of sounds, and those of the last probe that reads the attribute, paired."""

    source: str
    """``asked``: pairs of test clips; or the run that the answers are of."""
    n: Int
    """Pairs, without those that differ in nothing."""
    answered: Int
    correct: Int
    accuracy: Float
    interval: Interval
    probe_layer: str
    probe_accuracy: Float
    probe_interval: Interval
    only_probe: Int
    """Pairs that the probe has right and the model has not."""
    only_model: Int
    mcnemar_p: Float


class ProbeVerdict(Frozen):
    """From which part on an attribute is read no more, and by what evidence. Decodable does not mean used."""

    attribute: str
    where: Where
    reason: VerdictReason
    stages: tuple[StageReading, ...] = ()
    twin: TwinComparison | None = None
    answers: Answers | None = None


class ProbeRecord(Frozen):
    """``probe.json``: what probes read from the layers of one encoder, and a verdict for each attribute."""

    schema_version: Literal[1] = 1
    encoder: str
    arguments: Facts = Field(default_factory=dict)
    """Of the encoder, as they were typed."""
    note: str = ""
    """What must stand beside every figure of this encoder."""
    suite: str
    suite_digest: str
    model: str | None = None
    """Whose answers are compared; None: nobody's."""
    seed: Int
    twin_seed: Int | None = None
    """None: the encoder makes no twin with random weights."""
    clips: Int
    train: Int
    validation: Int
    test: Int
    attributes: tuple[ProbedAttribute, ...]
    layers: tuple[ProbedLayer, ...]
    rows: tuple[ProbeRow, ...]
    leaks: tuple[LeakCheck, ...] = ()
    verdicts: tuple[ProbeVerdict, ...]
    missing: dict[str, str] = Field(default_factory=dict)
    """What could not be tried (an attribute, ``random twin``, ``answers``) -> why."""
    versions: dict[str, str]
    """Of packages; file of a plug-in -> digest."""

    def best(
        self,
        attribute: str,
        source: Source = "model",
        *,
        stage: str | None = None,
        layer: str | None = None,
        family: Family | None = None,
    ) -> ProbeRow | None:
        """The row that was best on the validation clips, of those that are named; None if there is none."""
        stages = {layer.name: layer.stage for layer in self.layers}
        rows = [
            row
            for row in self.rows
            if (row.attribute, row.source) == (attribute, source)
            and stage in (None, stages.get(row.layer))
            and layer in (None, row.layer)
            and family in (None, row.family)
        ]
        return max(rows, key=lambda row: row.validation, default=None)
