"""What probes read, as the page of the diagnosis shows it: verdicts, a chart an attribute, every probe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starbench.reporting.probe import encoder_name
from starbench.reporting.site.charts import Bar, dot_chart
from starbench.reporting.site.facts import ShareRight, shown_name
from starbench.reporting.site.tables import PageColumn, PageTable, filled_table
from starbench.schema.probe import ProbedAttribute, ProbeRecord, ProbeRow, ProbeVerdict, Source

#: A run's name, and what probes read from its model.
NamedProbe = tuple[str, ProbeRecord]


def verdict_table(probes: Sequence[NamedProbe]) -> PageTable | None:
    """Attribute by attribute: the verdict, and what was read at each stage."""
    stages = ("clip", "loader", "encoder", "projector", "language model")
    columns = (
        PageColumn("run"),
        PageColumn("network"),
        PageColumn("attribute"),
        PageColumn("verdict"),
        PageColumn("because", key="reason"),
        *(PageColumn(f"{stage}, %", "share_ci", stage) for stage in stages),
        PageColumn("JND with random weights, ×", "number_ci", "random twin's JND over the encoder's"),
        PageColumn("answers, %", "share_ci", "answers"),
        PageColumn("McNemar p", "p"),
    )
    return filled_table(
        "diagnosis-verdicts",
        "Behind which part each attribute is found no more: pairs of sounds that the best probe of each stage has "
        "right, and that the model has right",
        columns,
        (_verdict_row(name, probe, verdict, stages) for name, probe in probes for verdict in probe.verdicts),
    )


def _verdict_row(
    name: str, probe: ProbeRecord, verdict: ProbeVerdict, stages: Sequence[str]
) -> tuple[Any, ...]:
    by_stage = {reading.stage: (reading.accuracy, reading.interval) for reading in verdict.stages}
    answers = verdict.answers
    return (
        name,
        encoder_name(probe),
        shown_name(verdict.attribute),
        verdict.where,
        verdict.reason,
        *(by_stage.get(stage) for stage in stages),
        verdict.twin and (verdict.twin.jnd_ratio, verdict.twin.jnd_ratio_interval),
        answers and (answers.accuracy, answers.interval),
        answers and answers.mcnemar_p,
    )


def layer_charts(probes: Sequence[NamedProbe]) -> Iterator[tuple[str, str]]:
    """For each attribute of each encoder, what probes read from layer to layer."""
    for _, probe in probes:
        for attribute in probe.attributes:
            bars = [
                Bar(layer.name, [_share(probe, layer.name, attribute, source) for source in _SERIES.values()])
                for layer in probe.layers
            ]
            if any(value for bar in bars for value in bar.values):
                title = f"{shown_name(attribute.name)}, {encoder_name(probe)}"
                yield title, dot_chart(title, bars, list(_SERIES))


#: What each mark of a chart is of.
_SERIES: Mapping[str, Source] = {"model": "model", "random weights": "untrained"}


def _share(probe: ProbeRecord, layer: str, attribute: ProbedAttribute, source: Source) -> ShareRight | None:
    best = probe.best(attribute.name, source, layer=layer)
    if best is None:
        return None
    return ShareRight(best.accuracy, best.accuracy_interval, probe.test, probe.test, attribute.chance)


def probe_table(probes: Sequence[NamedProbe]) -> PageTable | None:
    columns = (
        PageColumn("run"),
        PageColumn("network"),
        PageColumn("attribute"),
        PageColumn("layer"),
        PageColumn("of"),
        PageColumn("probe"),
        PageColumn("pooling"),
        PageColumn("R²", "number_ci"),
        PageColumn("pairs right, %", "share_ci", "pairs right"),
        PageColumn("JND", "number"),
        PageColumn("JND's unit"),
        PageColumn("human JND", "number"),
        PageColumn("selectivity", "number"),
        PageColumn("unseen timbre, R²", "number"),
        PageColumn("unseen range, %", "share", "unseen range"),
        PageColumn("p (Holm)", "p"),
    )
    return filled_table(
        "diagnosis-probes",
        "Every probe, on clips that it did not learn from",
        columns,
        (_probe_row(name, probe, row) for name, probe in probes for row in probe.rows),
    )


def _probe_row(name: str, probe: ProbeRecord, row: ProbeRow) -> tuple[Any, ...]:
    attribute = next(one for one in probe.attributes if one.name == row.attribute)
    return (
        name,
        encoder_name(probe),
        shown_name(row.attribute),
        row.layer,
        row.source,
        row.family,
        row.pooling,
        None if row.r2 is None or row.r2_interval is None else (row.r2, row.r2_interval),
        (row.accuracy, row.accuracy_interval),
        row.jnd,
        attribute.unit,
        attribute.human_jnd,
        row.selectivity,
        row.unseen_timbre_r2,
        row.unseen_range_accuracy,
        row.p_holm,
    )
