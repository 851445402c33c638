"""What probes found, as tables and sentences in a terminal."""

from __future__ import annotations

from functools import partial

from starbench.reporting.tables import Column, Table, new_console, number, p_value, say, show_table
from starbench.schema.probe import ProbedAttribute, ProbeRecord, ProbeRow, ProbeVerdict, StageReading

_SOURCES = {"model": "", "untrained": "random weights", "baseline": "no network"}
_NEVER = "not by any difference here"


def show(probe: ProbeRecord) -> None:
    """Print the best layers of each attribute, then each verdict with its evidence."""
    console = new_console()
    show_table(console, table(probe))
    if probe.note:
        say(console, f"{encoder_name(probe)}: {probe.note}")
    for verdict in probe.verdicts:
        say(console, sentence(verdict), f"{verdict.attribute}: ")
    for line in leaks(probe):
        say(console, line)
    for what, why in probe.missing.items():
        say(console, f"not tried: {what} ({why})")
    say(
        console,
        "What a probe reads need not be used by the model. A linear or kernel probe that reads nothing is no proof "
        "that nothing is there: it hears of each feature its mean, spread and peak, not its phase or fine time.",
    )


def encoder_name(probe: ProbeRecord) -> str:
    """The encoder's spec and its arguments."""
    arguments = ", ".join(f"{name}={value}" for name, value in probe.arguments.items())
    return f"{probe.encoder} ({arguments})" if arguments else probe.encoder


def table(probe: ProbeRecord) -> Table:
    """A row for each attribute and source: the layer, family and pooling that were best on the validation clips."""
    rows = [
        row
        for attribute in probe.attributes
        for source in _SOURCES
        if (row := probe.best(attribute.name, source)) is not None  # type: ignore[arg-type]
    ]
    known = {one.name: one for one in probe.attributes}
    return Table(
        f"{encoder_name(probe)}: what probes read, of {probe.test} test clips (seed {probe.seed}, 95 % intervals)",
        (
            Column("attribute", lambda row: row.attribute, is_text=True),
            Column("of", lambda row: _SOURCES[row.source] or "the network", is_text=True),
            Column("layer", lambda row: row.layer, is_text=True),
            Column("probe", lambda row: f"{row.family}, {row.pooling}", rank=3, is_text=True),
            Column("R²", lambda row: number(row.r2, row.r2_interval)),
            Column("selectivity", lambda row: number(row.selectivity), rank=2),
            Column("unseen timbre R²", lambda row: number(row.unseen_timbre_r2), rank=2),
            Column("pairs right", lambda row: number(row.accuracy, row.accuracy_interval)),
            Column("probe JND", partial(_jnd, known)),
            Column("human", lambda row: _unit(known[row.attribute].human_jnd, known[row.attribute]), rank=1),
            Column("p (Holm)", lambda row: p_value(row.p_holm), rank=3),
        ),
        rows,
    )


def sentence(verdict: ProbeVerdict) -> str:
    """The verdict on one attribute and what it rests on."""
    stages = "; ".join(_stage(one) for one in verdict.stages)
    words = [f"{verdict.where} ({verdict.reason})", *([stages] if stages else [])]
    if (twin := verdict.twin) is not None:
        low, high = twin.jnd_ratio_interval
        words.append(
            f"random weights need differences {twin.jnd_ratio:.1f} [{low:.1f}, {high:.1f}] times as large"
        )
    if (answers := verdict.answers) is not None:
        words.append(
            f"answers: {number(answers.accuracy, answers.interval)} right of {answers.n} pairs, the probe of "
            f"{answers.probe_layer} {number(answers.probe_accuracy, answers.probe_interval)} (McNemar p "
            f"{p_value(answers.mcnemar_p)})"
        )
    return ". ".join(words)


def leaks(probe: ProbeRecord) -> list[str]:
    """What can be read where it should not be, if anything can."""
    wheres = {"normalised": "after every clip was given one level", "silence": "before its sound begins"}
    return [
        f"leak: {one.attribute} can be read {wheres[one.kind]} (R² {number(one.r2, one.r2_interval)}): do not trust "
        "its verdict"
        for one in probe.leaks
        if one.r2_interval[0] > 0.1
    ]


def _stage(one: StageReading) -> str:
    return f"{one.stage} {one.state}: {number(one.accuracy, one.interval)} of pairs by {one.layer}, bar {one.bar:.2f}"


def _jnd(known: dict[str, ProbedAttribute], row: ProbeRow) -> str:
    attribute = known[row.attribute]
    if not attribute.unit:
        return "–"
    if row.jnd is None or row.jnd_interval is None:
        return _NEVER
    low, high = row.jnd_interval
    upper = "none" if high is None else f"{high:.2g}"
    return f"{_unit(row.jnd, attribute)} [{low:.2g}, {upper}]"


def _unit(value: float | None, attribute: ProbedAttribute) -> str:
    space = "" if attribute.unit == "°" else " "
    return "–" if value is None else f"{value:.2g}{space}{attribute.unit}"
