"""Write a report: pages, their tables as files, data, clips, style sheet and scripts, all below one folder."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starbench.errors import InputError
from starbench.execution.processes import available_cpus
from starbench.protocols.cause_judge import CAUSES
from starbench.reporting.errors import NAMES as CAUSE_NAMES
from starbench.reporting.files import write_file
from starbench.reporting.headlines import headlines
from starbench.reporting.site import (
    browser,
    compared,
    confusions,
    diagnosis,
    error_causes,
    factors,
    methods,
    official,
    perception,
    scenes,
    summary,
)
from starbench.reporting.site.clips import AUDIO, PICTURES, AudioMode, ClipShelf
from starbench.reporting.site.environment import environment, write_static
from starbench.reporting.site.facts import RunFacts, facts_of
from starbench.reporting.site.tables import PageTable
from starbench.runs.load import LoadedRun
from starbench.runs.suites import suites_of
from starbench.schema.error_analysis import ErrorAnalysis
from starbench.storage.atomic import write_text
from starbench.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment

_STATIC = ("style.css", "tables.js", "drawing.js", "player.js", "detail.js", "items.js")
_ANNOTATING = "annotate.js"
#: Says that a folder was written by this module: nothing else is ever written over.
_MARK = ".starbench-report"


@dataclass(frozen=True)
class WrittenReport:
    """What was written: the first page, how many trials and clips it shows, and what could not be shown."""

    index: Path
    n_trials: int
    n_items: int
    n_pictures: int
    """Pictures of clips that had to be made; others were kept from an earlier report."""
    pictures_s: float
    audio_bytes: int
    without_suite: tuple[str, ...]


def write_report(
    runs: Sequence[LoadedRun],
    out: Path,
    *,
    suites: Sequence[str] = (),
    loading: Mapping[str, Any] | None = None,
    audio: AudioMode = "copy",
    workers: int | None = None,
    annotated: bool = False,
) -> WrittenReport:
    """Write the report of ``runs`` to ``out``; the same runs give the same bytes.

    ``suites`` and ``loading`` say where the sounds are (:func:`starbench.runs.suites.suites_of`);
    ``annotated`` writes the items alone, as a page on which causes of errors can be chosen.

    Raises :class:`InputError` without jinja2, if ``out`` holds something else, or cannot be written.
    """
    templates = environment()
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / _MARK).exists())):
        raise InputError(f"{out} exists and is not a report: give another --out")
    facts = facts_of(runs)
    found = suites_of(runs, suites, loading)
    rates = {run.run.identity.setup.rate_hz for run in runs}
    shelf = ClipShelf(out, found, audio, rate=rates.pop() if len(rates) == 1 else None)
    try:
        write_file(out / _MARK, "", new_folder=True)
        began = time.monotonic()
        items = [(digest, entry.item) for (digest, _), entry in browser.entries_of(facts).items()]
        n_pictures = shelf.prepare(items, _workers(len(items), workers))
        pictures_s = time.monotonic() - began
        write_static(out, (*_STATIC, *([_ANNOTATING] if annotated else [])))
        analyses = {} if annotated else error_causes.analyses(facts)
        causes = {number: error_causes.trial_causes(one) for number, one in analyses.items()}
        _write_data(out, browser.scripts(facts, shelf, causes))
        contexts = {"items.html": _items(annotated=True)} if annotated else _contexts(facts, analyses)
        _write_pages(out, templates, facts, contexts)
        for folder in (AUDIO, PICTURES):
            _remove_others(out / folder, shelf.files)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    wanted = {one.digest: one.name for run in runs for one in run.run.identity.suites}
    return WrittenReport(
        index=out / "index.html",
        n_trials=sum(len(run.observations) for run in facts),
        n_items=len(items),
        n_pictures=n_pictures,
        pictures_s=pictures_s,
        audio_bytes=shelf.n_bytes,
        without_suite=tuple(name for digest, name in wanted.items() if digest not in found),
    )


def _workers(n_items: int, workers: int | None) -> int:
    """Few clips are not worth the start of processes."""
    if workers is not None:
        return workers
    return available_cpus() if n_items > 200 else 0


def _write_data(out: Path, files: Iterator[tuple[str, str]]) -> None:
    (out / "data").mkdir(parents=True, exist_ok=True)
    written = set()
    for name, script in files:
        write_text(out / "data" / name, script, sync=False)
        written.add(name)
    _remove_others(out / "data", written)


def _remove_others(folder: Path, kept: Collection[str]) -> None:
    """Remove the files that an earlier report left in a folder."""
    for file in folder.iterdir() if folder.exists() else ():
        if file.name not in kept and (file.is_file() or file.is_symlink()):
            file.unlink()


def _contexts(runs: Sequence[RunFacts], analyses: Mapping[int, ErrorAnalysis]) -> dict[str, dict[str, Any]]:
    """What each page shows, in the order of the pages; a page with nothing to show is none."""
    diagnoses = diagnosis.diagnosed(runs)
    return {
        "index.html": _summary(runs),
        "perception.html": _perception(runs),
        "scenes.html": _scenes(runs),
        **({"errors.html": error_causes.page(runs, analyses)} if analyses else {}),
        **({"diagnosis.html": diagnosis.page(runs, diagnoses)} if diagnoses else {}),
        "items.html": _items(),
        **({"compare.html": {"compared": compared.compared(runs)}} if len(runs) > 1 else {}),
        "methods.html": {"tables": methods.tables(runs)},
    }


def _items(*, annotated: bool = False) -> dict[str, Any]:
    choices = [
        *((cause.value, CAUSE_NAMES[cause], words) for cause, words in CAUSES.items()),
        ("", "none, or not yet", ""),
    ]
    return {"outcomes": browser.OUTCOMES, "annotated": choices if annotated else None}


def _write_pages(
    out: Path, templates: Environment, runs: Sequence[RunFacts], contexts: Mapping[str, dict[str, Any]]
) -> None:
    pages = [(name, "Summary" if name == "index.html" else name[:-5].capitalize()) for name in contexts]
    shared = {
        "nav": pages,
        "runs": [{"name": run.name, "number": number} for number, run in enumerate(runs)],
        "title": runs[0].name if len(runs) == 1 else f"{len(runs)} runs",
    }
    tables: set[str] = set()
    for name, heading in pages:
        context = contexts[name]
        page = templates.get_template(name).render(**shared, **context, page=name, heading=heading)
        write_file(out / name, page)
        for table in _tables_in(context):
            write_file(out / "tables" / f"{table.name}.csv", table.csv(), new_folder=True)
            write_file(out / "tables" / f"{table.name}.tex", table.latex())
            tables |= {f"{table.name}.csv", f"{table.name}.tex"}
    _remove_others(out / "tables", tables)
    _remove_others(out, {_MARK, *(name for name, _ in pages)})


def _tables_in(value: Any) -> Iterator[PageTable]:
    """Every table that a page shows."""
    if isinstance(value, PageTable):
        yield value
    elif isinstance(value, dict):
        yield from _tables_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _tables_in(one)


def _summary(runs: Sequence[RunFacts]) -> dict[str, Any]:
    return {
        "sections": [
            {
                "name": run.name,
                "number": number,
                "model": run.data.run.identity.model,
                "directory": printable(run.data.path.name),
                "begun": run.data.run.created,
                "sentences": [
                    (suite, list(group))
                    for suite, group in groupby(headlines(run.data, run.score), key=lambda one: one.suite)
                ],
                "figures": summary.key_figures(run),
                "remarks": summary.remarks(run),
            }
            for number, run in enumerate(runs)
        ],
        "limits": [limit for run in runs for limit in summary.limits(run)],
        "charts": summary.condition_charts(runs),
        "scores": summary.score_table(runs),
        "threshold_table": summary.threshold_table(runs),
        "drops": summary.drop_table(runs),
        "official": official.official_table(runs),
        "official_notes": official.official_notes(runs),
        "outcome_table": summary.outcome_table(runs),
    }


def _perception(runs: Sequence[RunFacts]) -> dict[str, Any]:
    matrices = confusions.matrices(runs)
    return {
        "cards": perception.cards(runs),
        "audiograms": list(perception.audiograms(runs)),
        "catch": perception.catch_table(runs),
        "matrices": matrices,
        "confusion_table": confusions.confusion_table(matrices),
        "biases": confusions.bias_charts(runs),
        "letters": confusions.letter_table(runs),
    }


def _scenes(runs: Sequence[RunFacts]) -> dict[str, Any]:
    varied = factors.factor_table(runs)
    polar, azimuths = scenes.polar_charts(runs)
    return {
        "kinds_chart": scenes.kinds_chart(runs),
        "kinds": scenes.kinds_table(runs),
        "polar": polar,
        "azimuths": azimuths,
        "confused": scenes.front_back_table(runs),
        "factors": varied,
        "factor_charts": factors.factor_charts(varied, runs),
    }
