"""What separators make of a suite's scenes, and what models answer behind them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Facts, Float, Frozen, Int, Interval


class Figure(Frozen):
    """A mean with its 95 % interval, by bootstrap over scenes, items or utterances."""

    value: Float
    interval: Interval


class Group(Frozen):
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


class SeparationRow(Group):
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
    """Scenes that the separator raised an error for."""
    silent_stems: Int = 0
    """Sources without any sound at the reference ear, for which SI-SDR is not defined: left out."""
    si_sdr_db: Figure | None = None
    si_sdri_db: Figure | None = None
    """Over the mixture itself."""
    misassigned: Figure | None = None
    """Share of the streams that are more like another source than like the one that they were assigned to."""
    seconds_a_scene: Float | None = None
    """Time of computing, median."""


class AnswerRow(Group):
    """What a model answers without a separator, with one, and with the stems: the same items, paired.

    ``headroom`` = ``oracle`` − ``none``: what separation could bring. ``recovered`` = (``separated`` − ``none``) /
    ``headroom``: None where the interval of the headroom covers 0.
    """

    separator: str
    items: Int
    """Asked in all three ways."""
    unpaired: Int = 0
    """Asked in one or two of the three ways only; errors are no answers of an item that was asked."""
    none: Figure
    separated: Figure
    oracle: Figure
    headroom: Figure
    gain: Figure
    """``separated`` − ``none``."""
    recovered: Figure | None = None
    not_applicable: Int = 0
    """Trials that the separator was not for: not right, and counted apart from other errors."""
    errors: Int = 0
    """Trials in any other error, in any of the three ways."""


class Separation(Frozen):
    """What ``starbench separate`` finds."""

    schema_version: Literal[1] = 1
    suite: str
    suite_digest: str
    scenes: Int
    """Clips whose sources are kept alone."""
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
    unknown_phones: Int = 0
    """Of either side, that panphon has no features of; each costs 1 wherever it does not meet itself."""
    normalisation: Literal["sum over the corpus / reference phones"] = (
        "sum over the corpus / reference phones"
    )
    seed: Int
    resamples: Int
