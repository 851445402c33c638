"""The script behind docs/validation.md: every bar holds in its quick form, and falls to a planted fault."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from starbench.synth import received_sources
from starbench.synth.geometry import unit
from starbench.synth.image_sources import ImageSources
from starbench.synth.impulse_response import ImpulseResponse
from starbench.synth.motion.propagation import PropagationPath

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def validate() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import validate

        yield validate
        for name in [
            name for name in sys.modules if name.split(".")[0] in {"validate", "validation", "oracle"}
        ]:
            patch.delitem(sys.modules, name)


@pytest.fixture(scope="module")
def measured(validate: ModuleType) -> tuple[list[Any], dict[str, Any]]:
    return validate.measure(quick=True)


def failed(rows: list[Any]) -> set[str]:
    return {row.what for row in rows if row.holds is False}


def one_with(rows: set[str], words: str) -> bool:
    return any(words in what for what in rows)


def test_every_bar_holds_in_the_quick_form(measured: tuple[list[Any], dict[str, Any]]) -> None:
    rows, _ = measured
    assert not failed(rows), "\n".join(" | ".join(row.cells) for row in rows)
    bars = [row.what for row in rows if row.holds is not None]
    assert len(bars) == len(set(bars)) >= 24
    for word in ("DRR", "ILD", "ITD", "T30", "FOA", "two microphones", "Doppler", "stands"):
        assert one_with(set(bars), word)
    for attribute in ("pitch", "loudness", "duration", "azimuth", "elevation", "distance"):
        assert one_with(set(bars), f"error of {attribute}")


def test_pictures_are_small(
    validate: ModuleType, measured: tuple[list[Any], dict[str, Any]], tmp_path: Path
) -> None:
    validate.draw(measured[1], tmp_path)
    pictures = sorted(tmp_path.iterdir())
    assert len(pictures) == 6
    shown = (BENCHMARKS.parent / "docs" / "validation.md").read_text("utf-8")
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert 10_000 < picture.stat().st_size < 120_000
        assert f"(pictures/{picture.name})" in shown
        assert (BENCHMARKS.parent / "docs" / "pictures" / picture.name).stat().st_size < 120_000


@pytest.mark.parametrize("holds", [True, False])
def test_a_fail_is_exit_code_1(
    validate: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], holds: bool
) -> None:
    row = validate.Row("a bar", "≤ 1 dB", "2 dB", "3 places", holds)
    monkeypatch.setattr(validate, "measure", lambda *, quick: ([row], {}))
    monkeypatch.setattr(sys, "argv", ["validate.py", "--quick"])
    assert validate.main() == (0 if holds else 1)
    assert ("FAIL: a bar" in capsys.readouterr().out) is not holds


def test_what_is_no_number_holds_no_bar(validate: ModuleType) -> None:
    from validation.table import at_most

    assert at_most("a", 1.0, 1.0, "dB", "").holds
    assert not at_most("a", 1.001, 1.0, "dB", "").holds
    assert not at_most("a", float("nan"), 1.0, "dB", "").holds


# --- planted faults -----------------------------------------------------------------------------------


def louder(ours: ImpulseResponse) -> ImpulseResponse:
    """Reflections half a decibel too loud."""
    return replace(ours, rest=ours.rest * 10 ** (0.5 / 20))


def longer(ours: ImpulseResponse) -> ImpulseResponse:
    """A tail that decays 5 % too slowly."""
    time = (np.arange(ours.rest.shape[1]) - ours.lead) / ours.rate
    slower = np.exp(3 * np.log(10) * np.clip(time, 0, None) * 0.05 / 0.25)
    return replace(ours, rest=ours.rest * slower)


def swapped(ours: ImpulseResponse) -> ImpulseResponse:
    return replace(ours, direct=ours.direct[::-1], rest=ours.rest[::-1])


def later(ours: ImpulseResponse) -> ImpulseResponse:
    """The left ear late by 3 µs."""
    n = ours.direct.shape[1]
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(n) * 3e-6 * ours.rate)
    direct = ours.direct.copy()
    direct[0] = np.fft.irfft(np.fft.rfft(direct[0]) * turn, n)
    return replace(ours, direct=direct)


@pytest.mark.parametrize(
    ("fault", "falls"), [(louder, "DRR"), (longer, "T30"), (swapped, "ILD"), (swapped, "ITD"), (later, "ITD")]
)
def test_faults_of_room_responses_are_seen(
    measured: tuple[list[Any], dict[str, Any]], fault: Any, falls: str
) -> None:
    from validation import rooms

    broken = [rooms.compare(one.case, fault(one.ours), one.exact) for one in measured[1]["rooms"]]
    assert one_with(failed(rooms.rows(broken)), falls)


def test_pulses_at_whole_samples_are_seen(
    measured: tuple[list[Any], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from validation import pulses, rooms

    def rounded(heard: ImageSources) -> ImageSources:
        steps = np.rint(heard.arrivals_s * rooms.RATE * 16) / (rooms.RATE * 16)
        distances = heard.distances[0] + steps * 343.0
        offsets = heard.offsets * (distances / heard.distances)[:, None]
        return replace(heard, offsets=offsets, distances=distances)

    for name, (respond, exact) in pulses.RECEIVERS.items():
        broken = (lambda heard, respond=respond: respond(rounded(heard)), exact)
        monkeypatch.setitem(pulses.RECEIVERS, name, broken)
    rows = pulses.rows(pulses.found([measured[1]["rooms"][0].case]))
    assert len(failed(rows)) == 2


def test_distance_at_the_time_of_hearing_is_seen(
    validate: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from validation import movement

    def classical(path: PropagationPath, reception_s: Any, receiver_m: Any) -> Any:
        distance = np.linalg.norm(path.at(reception_s) - receiver_m, axis=1)
        return reception_s + path.origin_s - distance / 343.0

    monkeypatch.setattr(PropagationPath, "emission_times", classical)
    assert len(failed(movement.doppler_rows(movement.passed()))) == 6


def test_a_mover_that_is_off_by_a_thousandth_is_seen(
    validate: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from validation import movement

    follow = movement._follow
    monkeypatch.setattr(
        movement, "_follow", lambda *asked: replace(m := follow(*asked), samples=1.001 * m.samples)
    )
    assert len(failed(movement.still_rows(movement.still(quick=True)))) == 3


@pytest.mark.parametrize(("attribute", "off"), [("azimuth", (0.2, 0.0)), ("elevation", (0.0, 0.8))])
def test_a_source_that_is_not_where_it_is_said_is_seen(
    validate: ModuleType, monkeypatch: pytest.MonkeyPatch, attribute: str, off: tuple[float, float]
) -> None:
    from validation import attributes

    monkeypatch.setattr(
        received_sources, "unit", lambda azimuth, elevation: unit(azimuth + off[0], elevation + off[1])
    )
    found = getattr(attributes, f"_{attribute}")("default-2", 4)
    assert len(failed(attributes.rows({attribute: found}))) >= 2
