"""The record of ``starbench separate``, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starbench.diagnose.separation.answers import WITH_STEMS, answer_rows
from starbench.diagnose.separation.figures import RESAMPLES
from starbench.diagnose.separation.scenes import REFERENCE_CHANNEL, score_scenes
from starbench.execution.environment import versions
from starbench.models.processor import resolve_separator
from starbench.redact import redact
from starbench.runs.load import LoadedRun
from starbench.schema.separation import Separation, SeparatorUsed
from starbench.suites.stems import StemLibrary


def separation(
    library: StemLibrary,
    separators: Sequence[str],
    *,
    seed: int = 0,
    model: str | None = None,
    sources: int | None = None,
    runs: Mapping[str, LoadedRun] | None = None,
) -> Separation:
    """Score separators on the scenes of a suite; and of runs of a model behind them, what they change.

    ``runs`` are by separator, as :func:`starbench.diagnose.separation.answers.cascades` names them.
    """
    made = [
        resolve_separator(name, {"stems": str(library.suite.root)} if name in WITH_STEMS else {})
        for name in dict.fromkeys(separators)
    ]
    runs = runs or {}
    scored = score_scenes(library, made, seed)
    return Separation(
        suite=library.suite.name,
        suite_digest=library.suite.digest,
        sources_asked=sources,
        scenes=len(library.scenes),
        one_source_scenes=scored.n_one_source,
        reference_channel=REFERENCE_CHANNEL,
        seed=seed,
        resamples=RESAMPLES,
        separators=tuple(
            SeparatorUsed(
                separator=one.spec,
                arguments=one.arguments,
                versions=one.versions,
                error=redact(scored.errors.get(one.spec, "")),
            )
            for one in made
        ),
        rows=scored.rows,
        model=model,
        answers=answer_rows(runs, separators, seed) if runs else (),
        runs={separator: str(data.path) for separator, data in runs.items()},
        versions=versions(("numpy", "scipy", "pyroomacoustics")),
    )
