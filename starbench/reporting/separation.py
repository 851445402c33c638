"""What separators are worth, as tables in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starbench.reporting.tables import (
    Column,
    Table,
    difference,
    new_console,
    number,
    say,
    show_table,
    with_interval,
)
from starbench.schema.base import Interval
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
    if record.one_source_scenes:
        say(
            console,
            f"{record.one_source_scenes} of the scenes hold one source, so there is nothing to separate: left out.",
        )
    for used in record.separators:
        if used.error:
            say(console, f"{used.separator} failed: {used.error}")
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
            Column("SI-SDR (dB)", _figure("si_sdr_db", partial(number, digits=1)), rank=1),
            Column("SI-SDRi (dB)", _figure("si_sdri_db", partial(number, digits=1))),
            Column("misassigned (%)", _figure("misassigned"), rank=1),
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
            Column("none", _figure("none"), rank=1),
            Column("separated", _figure("separated"), rank=1),
            Column("oracle", _figure("oracle"), rank=1),
            Column("headroom", _figure("headroom", difference)),
            Column("gain", _figure("gain", difference)),
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


def _figure(
    name: str, words: Callable[[float, Interval], str] = with_interval
) -> Callable[[SceneGroup], str]:
    """The cell of a figure, in percent if ``words`` does not say otherwise."""

    def cell(row: SceneGroup) -> str:
        figure: Figure | None = getattr(row, name)
        return "–" if figure is None else words(figure.value, figure.interval)

    return cell


def _recovered(row: AnswerRow) -> str:
    is_low = row.headroom is not None and row.recovered is None
    return "no headroom shown" if is_low else _figure("recovered")(row)


def _seconds(row: SeparationRow) -> str:
    return "" if row.seconds_a_scene is None else f"{row.seconds_a_scene:.2g}"
