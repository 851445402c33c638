"""Separators scored on a suite's scenes, whose sources are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

import numpy as np

from starbench.diagnose.separation.figures import mean_figure
from starbench.diagnose.separation.groups import group_by_factor
from starbench.errors import InputError, NotApplicableError, StarbenchError
from starbench.measure.separation import StreamScores, is_silent, score_streams
from starbench.models.processor import NamedSeparator
from starbench.schema.separation import SeparationRow
from starbench.suites.stems import Samples, Scene, StemLibrary, acoustic_factors

#: The ear that scores are of, everywhere: the left one.
REFERENCE_CHANNEL = 0


@dataclass
class SceneScores:
    """What one separator made of one scene: scores, or why there are none."""

    scene: Scene
    scores: StreamScores | None = None
    seconds: float = 0.0
    is_applicable: bool = True
    error: str | None = None
    factors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoredScenes:
    """What separators make of a suite's scenes."""

    rows: tuple[SeparationRow, ...]
    errors: dict[str, str]
    """Separator -> why it failed, the first time that it did."""
    n_one_source: int
    """Scenes in which there is nothing to separate."""


def score_scenes(library: StemLibrary, separators: Sequence[NamedSeparator], seed: int = 0) -> ScoredScenes:
    """Let each separator take each scene of several sources apart, told how many sources are heard in it.

    Raises :class:`InputError` if the suite keeps no stems.
    """
    if not library.scenes:
        raise InputError(f"{library.suite.root} keeps no stems: build it with --stems, or build mixtures")
    found: dict[str, list[SceneScores]] = {separator.spec: [] for separator in separators}
    n_one_source = 0
    for scene in library.scenes:
        stems = library.stems(scene)
        if (~is_silent(stems[:, :, REFERENCE_CHANNEL])).sum() < 2:
            n_one_source += 1
            continue
        for separator in separators:
            found[separator.spec].append(_scored(library, scene, stems, separator))
    return ScoredScenes(
        rows=tuple(row for spec, scores in found.items() for row in _rows(spec, scores, seed)),
        errors={
            spec: errors[0]
            for spec, scores in found.items()
            if (errors := [one.error for one in scores if one.error is not None])
        },
        n_one_source=n_one_source,
    )


def _scored(library: StemLibrary, scene: Scene, stems: Samples, separator: NamedSeparator) -> SceneScores:
    clip = library.clip(scene)
    samples = clip.samples.astype(np.float64)
    result = SceneScores(scene, factors=acoustic_factors(scene.item))
    heard = int((~is_silent(stems.transpose(0, 2, 1)).all(axis=1)).sum())
    begun = perf_counter()
    try:
        streams = separator(samples, clip.rate, heard)
        ear = (slice(None), slice(None), REFERENCE_CHANNEL)
        result.scores = score_streams(streams[ear], stems[ear], samples[:, REFERENCE_CHANNEL])
    except NotApplicableError:
        result.is_applicable = False
    except (StarbenchError, ValueError) as error:
        result.error = str(error)
    result.seconds = perf_counter() - begun
    return result


def _rows(separator: str, results: Sequence[SceneScores], seed: int) -> Iterator[SeparationRow]:
    for factor, level, group in group_by_factor(results, lambda result: result.factors):
        scores = [result.scores for result in group if result.scores is not None]
        yield SeparationRow(
            separator=separator,
            factor=factor,
            level=level,
            scenes=len(scores),
            not_applicable=sum(not result.is_applicable for result in group),
            failed=sum(result.error is not None for result in group),
            silent_stems=sum(one.n_silent for one in scores),
            si_sdr_db=mean_figure([float(one.si_sdr_db.mean()) for one in scores], seed),
            si_sdri_db=mean_figure([float(one.improvement_db.mean()) for one in scores], seed),
            misassigned=mean_figure([float(one.misassigned.mean()) for one in scores], seed),
            seconds_a_scene=median(result.seconds for result in group if result.scores) if scores else None,
        )
