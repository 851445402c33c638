"""What separators make of a suite's scenes, and what models answer behind them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Facts, Float, Frozen, Int, Interval


class Figure(Frozen):
    """A value with its 95 % interval.

    Means of scenes, error rates and recovered shares are resampled by scene, utterance or item; accuracies and
    their differences have the intervals of all other tables.
    """

    value: Float
    interval: Interval


class SceneGroup(Frozen):
    """Which scenes a row is of: all (``factor`` None), or those at one ``level`` of one factor of their design."""

    factor: str | None = None
    """``sounds`` (how many there are), ``sir``, ``snr``, ``rt60``, …: as the suite's truth names its factors."""
    level: str | None = None


class SeparatorUsed(Frozen):
    """A separator, and what it was made with."""

    separator: str
    arguments: Facts = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    """File of a plug-in -> digest."""
    error: str = ""
    """Why it failed, the first time that it did."""


class SeparationRow(SceneGroup):
    """How well one separator takes one group of scenes apart, at the reference ear.

    It is told how many sources there are, as its answers to questions are not. Figures are None where no scene was
    scored.
    """

    separator: str
    scenes: Int
    """Scored: all but those that are not applicable, or failed."""
    not_applicable: Int = 0
    """Scenes that the method is not for, such as those with more sources than channels."""
    failed: Int = 0
    """Scenes that the separator raised an error for, or gave no stream for a source of."""
    silent_stems: Int = 0
    """Sources without any sound at the reference ear, for which SI-SDR is not defined: left out."""
    si_sdr_db: Figure | None = None
    si_sdri_db: Figure | None = None
    """Over the mixture itself."""
    misassigned: Figure | None = None
    """Share of the streams that are more like another source than like the one that they were assigned to."""
    seconds_a_scene: Float | None = None
    """Time of computing, median."""


class AnswerRow(SceneGroup):
    """What a model answers without a separator, with one, and with the stems: the same items, paired.

    ``headroom`` = ``oracle`` − ``none``: what separation could bring. ``recovered`` = (``separated`` − ``none``) /
    ``headroom``: None where the interval of the headroom reaches 0 or below. Figures are None where no item is paired.
    """

    separator: str
    items: Int
    """Paired: asked in all three ways, and every trial delivered in each."""
    not_applicable: Int = 0
    """Items that the separator was not for: left out."""
    failed: Int = 0
    """Items of which a trial ended in any other error, or is still missing: left out."""
    none: Figure | None = None
    separated: Figure | None = None
    oracle: Figure | None = None
    headroom: Figure | None = None
    gain: Figure | None = None
    """``separated`` − ``none``."""
    recovered: Figure | None = None


class Separation(Frozen):
    """What ``starbench separate`` finds."""

    schema_version: Literal[1] = 1
    suite: str
    suite_digest: str
    sources_asked: Int | None = None
    """How many streams the model's separators were asked for; None: counted in each clip."""
    scenes: Int
    """Clips whose sources are kept alone."""
    one_source_scenes: Int = 0
    """Of these, clips in which one source at most is heard at the reference ear: there is nothing to separate, and
    they are in no row."""
    reference_channel: Int = 0
    """Of two channels, 0 is the left ear."""
    seed: Int
    """Of separators and of the bootstrap."""
    resamples: Int
    separators: tuple[SeparatorUsed, ...]
    rows: tuple[SeparationRow, ...]
    model: str | None = None
    """What answered, where anything was asked."""
    answers: tuple[AnswerRow, ...] = ()
    runs: dict[str, str] = Field(default_factory=dict)
    """Separator -> run directory of the model behind it."""
    versions: dict[str, str] = Field(default_factory=dict)


class PhoneErrors(Frozen):
    """Errors of a recogniser of phones, summed over a corpus and divided by the number of reference phones.

    ``pfer`` weighs a substitution by the share of articulatory features that differ (panphon's), insertions and
    deletions by 1. Intervals by bootstrap over utterances.
    """

    recogniser: str
    condition: str = ""
    """What was done to the speech, such as "one competing word at 0 dB"."""
    utterances: Int
    reference_phones: Int
    per: Figure
    pfer: Figure
    normalisation: Literal["sum over the corpus / reference phones"] = (
        "sum over the corpus / reference phones"
    )
    seed: Int
    resamples: Int
