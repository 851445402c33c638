"""What separators are worth, as tables in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starbench.reporting.tables import Column, Table, difference, new_console, say, show_table, with_interval
from starbench.schema.separation import AnswerRow, Figure, SceneGroup, Separation, SeparationRow


def show(record: Separation) -> None:
    """Print how well each separator does, and what it changes in a model's answers."""
    console = new_console()
    show_table(console, _scores(record))
    say(
        console,
        "SI-SDRi is over the mixture, at the left ear; each separator is told how many sources there are, and streams "
        "are assigned to them as fits best; scenes are resampled for 95 % intervals.",
    )
    if not record.answers:
        return
    asked = "counted in each clip" if record.sources_asked is None else str(record.sources_asked)
    show_table(console, _answers(record))
    say(
        console,
        f"Answers (%) of the same items; sources: {asked}. Headroom is oracle − none; recovered is (separated − none) "
        "/ headroom, given only where the headroom's interval lies above 0.",
    )


def _scores(record: Separation) -> Table:
    return Table(
        f"separators on {record.scenes} scenes of {record.suite}",
        (
            *_names(),
            Column("scenes", lambda row: row.scenes),
            Column("SI-SDR (dB)", lambda row: _decibels(row.si_sdr_db), rank=1),
            Column("SI-SDRi (dB)", lambda row: _decibels(row.si_sdri_db)),
            Column("misassigned (%)", lambda row: _share(row.misassigned), rank=1),
            Column("not applicable", lambda row: row.not_applicable or "", rank=2),
            Column("failed", lambda row: row.failed or "", rank=2),
            Column("silent sources", lambda row: row.silent_stems or "", rank=3),
            Column("s a scene", _seconds, rank=3),
        ),
        record.rows,
    )


def _answers(record: Separation) -> Table:
    return Table(
        f"answers of {record.model} behind separators",
        (
            *_names(),
            Column("items", lambda row: row.items),
            Column("none", lambda row: _share(row.none), rank=1),
            Column("separated", lambda row: _share(row.separated), rank=1),
            Column("oracle", lambda row: _share(row.oracle), rank=1),
            Column("headroom", lambda row: _points(row.headroom)),
            Column("gain", lambda row: _points(row.gain)),
            Column("recovered", _recovered),
            Column("not applicable", lambda row: row.not_applicable or "", rank=2),
            Column("failed", lambda row: row.failed or "", rank=2),
        ),
        record.answers,
    )


def _names() -> tuple[Column, Column]:
    return (
        Column("separator", lambda row: row.separator, is_text=True),
        Column("scenes with", group_words, is_text=True),
    )


#: Factor -> what its levels are called.
_FACTORS: dict[str, str] = {"sounds": "{} sounds", "sir": "SIR {}", "snr": "SNR {}", "rt60": "T60 {} s"}


def group_words(row: SceneGroup) -> str:
    """Which scenes a row is of."""
    if row.factor is None:
        return "all"
    if row.factor == "rt60" and row.level == "none":
        return "no reverberation"
    return _FACTORS.get(row.factor, row.factor + " {}").format(row.level)


def _decibels(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    low, high = figure.interval
    return f"{figure.value:.1f} [{low:.1f}, {high:.1f}]"


def _shown(words: Callable[[float, tuple[float, float]], str], figure: Figure | None) -> str:
    return "–" if figure is None else words(figure.value, figure.interval)


def _share(figure: Figure | None) -> str:
    return _shown(with_interval, figure)


def _points(figure: Figure | None) -> str:
    return _shown(difference, figure)


def _recovered(row: AnswerRow) -> Any:
    if row.headroom is not None and row.recovered is None:
        return "no headroom shown"
    return _share(row.recovered)


def _seconds(row: SeparationRow) -> str:
    return "" if row.seconds_a_scene is None else f"{row.seconds_a_scene:.2g}"
