"""The page about where a sound is lost: verdicts, what is delivered, what probes read, what separation would bring."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any, NamedTuple

from starbench.diagnose.load import LoadedDiagnosis, load_diagnosis
from starbench.reporting.diagnosis import NOT_TRIED, STEPS
from starbench.reporting.site.facts import RunFacts, shown_name
from starbench.reporting.site.probes import layer_charts, probe_table, verdict_table
from starbench.reporting.site.tables import PageColumn, PageTable, filled_table
from starbench.schema.audit import Estimate, Survival
from starbench.schema.base import Interval
from starbench.schema.separation import Figure

#: Items that nobody could answer which the page lists; the file of the table has no more.
_MOST_ITEMS = 200

#: A figure as tables take it: its value and its interval.
_Cell = tuple[float, Interval] | None


class Diagnosed(NamedTuple):
    """A run's name, and what was found out about it."""

    name: str
    data: LoadedDiagnosis


def diagnosed(runs: Sequence[RunFacts]) -> list[Diagnosed]:
    """The diagnoses of those runs that have one; raises :class:`InputError` where one is damaged."""
    found = ((run.name, load_diagnosis(run.data.path)) for run in runs)
    return [Diagnosed(name, data) for name, data in found if data is not None]


def page(runs: Sequence[RunFacts], found: Sequence[Diagnosed]) -> dict[str, Any]:
    """Everything that the page shows."""
    probes = [(one.name, probe) for one in found for probe in one.data.probes]
    return {
        "verdict_table": verdict_table(probes),
        "layer_charts": list(layer_charts(probes)),
        "probe_table": probe_table(probes),
        "notes": sorted({f"{probe.encoder}: {probe.note}" for _, probe in probes if probe.note}),
        "survival_table": _survival_table(found, asked=True),
        "other_survival_table": _survival_table(found, asked=False),
        "unanswerable_table": _unanswerable_table(found),
        "separation_table": _separation_table(found),
        "headroom_table": _headroom_table(found),
        "dictionary_table": _dictionary_table(found),
        "tokenizer_table": _tokenizer_table(found),
        "not_tried": [
            (one.name, STEPS[gap.step], gap.suite, NOT_TRIED[gap.reason], gap.details)
            for one in found
            for gap in one.data.not_tried
        ],
        "n_runs": len(runs),
    }


def _cell(figure: Estimate | Figure | None) -> _Cell:
    return None if figure is None else (figure.value, figure.interval)


def _survival_table(found: Sequence[Diagnosed], *, asked: bool) -> PageTable | None:
    """The cues that questions ask for between the sounds that they compare; or all other comparisons."""
    columns = (
        PageColumn("run"),
        PageColumn("cue"),
        PageColumn("compared"),
        PageColumn("form of the sound", key="form"),
        PageColumn("cue is"),
        PageColumn("needs, JND", "number_ci"),
        PageColumn("gain", "number_ci"),
        PageColumn("error, JND", "number_ci"),
        PageColumn("correlation", "number_ci"),
        PageColumn("pairs", "count"),
        PageColumn("by another cue", key="leak"),
    )
    return filled_table(
        "diagnosis-cues" if asked else "diagnosis-cues-not-asked",
        f"What is left of each cue between sounds that {'questions' if asked else 'no question'} compare"
        f"{'' if asked else 's'}, as an ideal listener reads it",
        columns,
        (
            _survival_row(one.name, row)
            for one in found
            for audit in one.data.audits
            for row in audit.survivals
            if row.asked == asked
        ),
    )


def _survival_row(name: str, row: Survival) -> tuple[Any, ...]:
    return (
        name,
        row.cue,
        row.scope,
        row.form,
        row.verdict,
        *map(_cell, (row.threshold_jnd, row.gain, row.error_jnd, row.correlation)),
        row.pairs,
        "" if row.leak is None else f"{row.leak.cue}, r = {row.leak.correlation.value:.2f}",
    )


def _unanswerable_table(found: Sequence[Diagnosed]) -> PageTable | None:
    columns = (
        PageColumn("run"),
        PageColumn("item"),
        PageColumn("sub-category"),
        PageColumn("why"),
        PageColumn("level", "number"),
        PageColumn("measured, JND", "number"),
    )
    rows = (
        (one.name, gap.item, shown_name(gap.part), gap.reason, gap.level, gap.heard_jnd)
        for one in found
        for audit in one.data.audits
        for gap in audit.unanswerable[:_MOST_ITEMS]
    )
    return filled_table(
        "diagnosis-items", "Items that nobody could answer from what the model gets", columns, rows
    )


def _group(factor: str | None, level: str | None) -> str:
    return "all" if factor is None else f"{factor} {level}"


def _separation_table(found: Sequence[Diagnosed]) -> PageTable | None:
    columns = (
        PageColumn("run"),
        PageColumn("scenes"),
        PageColumn("separator"),
        PageColumn("scored", "count"),
        PageColumn("not applicable", "count"),
        PageColumn("failed", "count"),
        PageColumn("SI-SDR, dB", "number_ci"),
        PageColumn("SI-SDRi, dB", "number_ci"),
        PageColumn("misassigned, %", "share_ci", "misassigned"),
    )
    rows = (
        (
            one.name,
            _group(row.factor, row.level),
            row.separator,
            row.scenes,
            row.not_applicable,
            row.failed,
            *map(_cell, (row.si_sdr_db, row.si_sdri_db, row.misassigned)),
        )
        for one in found
        for separation in one.data.separations
        for row in separation.rows
    )
    return filled_table("diagnosis-separation", "How well the sources of scenes are separated", columns, rows)


def _headroom_table(found: Sequence[Diagnosed]) -> PageTable | None:
    columns = (
        PageColumn("run"),
        PageColumn("items"),
        PageColumn("separator"),
        PageColumn("n", "count"),
        PageColumn("mixture, %", "share_ci", "none"),
        PageColumn("separated, %", "share_ci", "separated"),
        PageColumn("stems, %", "share_ci", "oracle"),
        PageColumn("headroom, points", "points_ci", "headroom"),
        PageColumn("recovered share, %", "share_ci", "recovered"),
    )
    rows = (
        (
            one.name,
            _group(row.factor, row.level),
            row.separator,
            row.items,
            *map(_cell, (row.none, row.separated, row.oracle, row.headroom, row.recovered)),
        )
        for one in found
        for separation in one.data.separations
        for row in separation.answers
    )
    return filled_table("diagnosis-headroom", "What separation brings to the model's answers", columns, rows)


def _dictionary_table(found: Sequence[Diagnosed]) -> PageTable | None:
    columns = (
        PageColumn("run"),
        PageColumn("encoder"),
        PageColumn("layer"),
        PageColumn("features", "count"),
        PageColumn("frames trained on", "count"),
        PageColumn("dictionaries", "count"),
        PageColumn("FVU", "number"),
        PageColumn("L0", "number"),
        PageColumn("dead, %", "share", "dead"),
        PageColumn("best overlap", "number"),
        PageColumn("by chance", "number", "overlap by chance"),
        PageColumn("best cosine", "number"),
        PageColumn("matched cosine", "number"),
    )
    rows = (
        (
            one.name,
            report.encoder,
            layer.layer,
            layer.width,
            layer.tokens,
            len(layer.quality),
            *(fmean(getattr(q, name) for q in layer.quality) for name in ("fvu", "l0", "dead")),
            layer.stability and layer.stability.overlap.mean.mean,
            layer.stability and layer.stability.overlap.null.mean,
            layer.stability and layer.stability.cosine.mean.mean,
            layer.stability and layer.stability.matched.mean.mean,
        )
        for one in found
        for report in one.data.dictionaries
        for layer in report.layers
    )
    caption = "Sparse dictionaries of layers: what they leave unexplained, and what other seeds find too"
    return filled_table("diagnosis-dictionaries", caption, columns, rows)


def _tokenizer_table(found: Sequence[Diagnosed]) -> PageTable | None:
    columns = (
        PageColumn("run"),
        PageColumn("tokenizer"),
        PageColumn("attribute"),
        PageColumn("layer"),
        PageColumn("R²", "number_ci"),
        PageColumn("JND", "number"),
        PageColumn("JND's unit"),
    )
    rows = (
        (one.name, tokens.name, kept.attribute, kept.layer, (kept.r2, kept.r2_interval), kept.jnd, kept.unit)
        for one in found
        for tokens in one.data.tokenizers
        for kept in tokens.kept
    )
    return filled_table("diagnosis-tokens", "What tokenizers keep of single sounds", columns, rows)
