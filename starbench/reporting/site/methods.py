"""The page that says how everything was measured: settings, versions, digests, and what each figure means."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starbench.reporting.site.facts import RunFacts
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.text import visible
from starbench.version import __version__

#: Term -> what it is, and by which method.
FIGURES = {
    "AA": "average accuracy: right trials / planned trials; trials without an answer are not right",
    "ACR": "all-correct rate: items with every planned rotation right / items",
    "MA": "macro average: the unweighted mean of the sub-categories, or of the tasks",
    "of answers": "right trials / answered trials",
    "chance": "choosing one of the options at random",
    "constant": "the best strategy that always chooses the same content",
    "floors": "what listeners reach who lack what is asked about: cross-validated classifiers of one ear, one "
    "interval, level, colour or a downmix",
    "intervals": "95 %; items are the independent units (effective number of trials, Wilson and Clopper–Pearson)",
    "threshold": "an indecision model where “the same” is an option: the level at which both sounds are heard with "
    "d′ = 1; else a psychometric function with guess and lapse rates: halfway between guessing and the best; by a grid "
    "posterior",
    "false alarms": "of the answered catch trials, those in which something was said to be there",
    "differences": "paired by item, with a t interval on the items' differences",
    "p (Holm)": "exact and two-sided, by item, adjusted for all the differences tested",
    "confusions of directions": "an answer points where the items are, on average, that it is right for",
}


def tables(runs: Sequence[RunFacts]) -> list[PageTable]:
    """Every setting of every run."""
    return [
        PageTable(
            "figures",
            "What the figures mean",
            (PageColumn("figure"), PageColumn("meaning")),
            [*FIGURES.items()],
        ),
        *(_settings(number, run) for number, run in enumerate(runs, start=1)),
        _suites(runs),
        *_versions(runs),
    ]


def _settings(number: int, run: RunFacts) -> PageTable:
    record = run.data.run
    fields: dict[str, Any] = {
        "model": record.identity.model,
        "label": record.label,
        "run directory": run.data.path.name,
        "begun": record.created,
        "served as": ", ".join(run.score.served_as),
        "served by": record.served_by,
        "model arguments": record.identity.model_args,
        **{f"setup: {name}": value for name, value in record.identity.setup},
        **{f"declared: {name}": value for name, value in record.capabilities},
        "canary": run.data.canary.model_dump(exclude={"evidence", "usage"})
        if run.data.canary
        else "none was held",
        "tokens": run.score.usage.model_dump() if run.score.usage else None,
        "prices": record.prices.model_dump(mode="json") if record.prices else None,
        **{f"SHA-256 of {name}": digest for name, digest in record.files.items()},
    }
    rows = [(name, _shown(value)) for name, value in fields.items() if value not in (None, "", {}, ())]
    columns = (PageColumn("setting"), PageColumn("value"))
    return PageTable(f"settings-{number}", f"Settings of {run.name}", columns, rows)


def _suites(runs: Sequence[RunFacts]) -> PageTable:
    rows = {
        (one.name, one.digest): (
            one.name,
            one.profile,
            one.protocol,
            one.prompt_version,
            one.digest,
            _shown(run.data.run.sources.get(one.name, {})),
        )
        for run in runs
        for one in run.data.run.identity.suites
    }
    names = ("suite", "profile", "protocol", "prompts", "digest (SHA-256)", "source")
    return PageTable("suites", "Suites", tuple(map(PageColumn, names)), [*rows.values()])


def _versions(runs: Sequence[RunFacts]) -> Iterator[PageTable]:
    rows = [(run.name, name, version) for run in runs for name, version in run.data.run.versions.items()]
    columns = (PageColumn("run"), PageColumn("package"), PageColumn("version"))
    rows.append(("this report", "starbench", __version__))
    yield PageTable("versions", "Versions", columns, rows)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_shown(inner)}" for name, inner in value.items() if inner is not None)
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
