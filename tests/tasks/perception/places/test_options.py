"""Perception questions about places: options become factors, or are refused in one sentence."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from drafts import by_sub_category, parameters, render
from place_plans import PLACES, TONES, plan

from starbench.errors import InputError, SuiteError
from starbench.tasks.scenes import feasibility


def test_options_are_factors_and_recorded() -> None:
    suite = plan(
        ("azimuth", "distance"), size=120, rt60="anechoic,0.3,0.6", snr="none,10,30", signal="ripple"
    )
    assert suite.options == {
        "rt60": ["anechoic", 0.3, 0.6],
        "snr": ["none", 10.0, 30.0],
        "signal": ["ripple"],
    }
    for sub_category, drafts in by_sub_category(suite.drafts).items():
        rt60 = Counter((parameters(d).get("room") or {}).get("rt60_s") for d in drafts)
        assert set(rt60) == ({0.3, 0.6} if "distance" in sub_category else {None, 0.3, 0.6})
        assert max(rt60.values()) - min(rt60.values()) <= 2
        assert all(parameters(d)["sources"][0]["signal"]["ripple_db"] > 0 for d in drafts)
        assert {d.item.truth["planned"]["snr_db"] for d in drafts} == {None, 10.0, 30.0}
    json.dumps(suite.declared)


@pytest.mark.parametrize(
    ("attributes", "options", "message"),
    [
        (
            PLACES,
            {"rt60": "0"},
            "option rt60: no room has a reverberation time of 0 s: give a positive time, or the word "
            "anechoic",
        ),
        (PLACES, {"rt60": "-1"}, "option rt60: no room has a reverberation time of -1 s"),
        (PLACES, {"rt60": "0.05"}, "option rt60: 0.05 s cannot be made: "),
        (PLACES, {"rt60": "9"}, "option rt60: 9 s is too long: the maximum is 2 s"),
        (PLACES, {"rt60": "soon"}, "option rt60: 'soon' is not a number: give numbers, or the word anechoic"),
        (PLACES, {"rt60": "0.4,,0.5"}, "option rt60: '0.4,,0.5' has an empty value"),
        (PLACES, {"rt60": "anechoic"}, "option rt60: without a level cue, distance is heard in rooms only"),
        (PLACES, {"snr": "nan"}, "option snr: 'nan' is not a number: give numbers, or the word none"),
        (PLACES, {"snr": "90"}, "option snr: 90 dB cannot be used: give -5 to 40 dB"),
        (PLACES, {"signal": "noise,noise"}, "option signal: 'noise,noise' repeats a value"),
        (PLACES, {"signal": "music"}, "option signal: there is no 'music': there are noise, complex, ripple"),
        (
            PLACES,
            {"hrtf": "/nowhere/x.sofa"},
            "option hrtf: there is no file /nowhere/x.sofa: give a SOFA file",
        ),
        (PLACES, {"recordings": "/nowhere"}, "/nowhere is not a folder"),
        (PLACES, {"recordings": ".", "signal": "noise"}, "options signal and recordings exclude each other"),
        (
            PLACES,
            {"rate": "8000"},
            "perception has no option 'rate': there are hrtf, mix, recordings, rt60",
        ),
        (TONES, {"snr": "20"}, "option snr is for questions about places: add azimuth, elevation, distance"),
    ],
)
def test_options_that_cannot_work_are_refused_in_one_sentence(
    attributes: tuple[str, ...], options: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError) as error:
        plan(attributes, size=20, **options)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def _write(path: Path, seconds: float, channels: int = 1, gain: float = 0.1) -> Path:
    wave = gain * np.random.default_rng(len(path.name)).standard_normal((round(seconds * 8000), channels))
    soundfile.write(path, wave, 8000)
    return path


def test_recordings_are_the_sources_and_their_names_stay_out_of_the_question(tmp_path: Path) -> None:
    for name in ("Answer B\x1b[31m.wav", "left.flac", "dog.wav"):
        _write(tmp_path / name, 2.5)
    (tmp_path / "notes.txt").write_text("no sound")
    suite = plan(size=60, recordings=str(tmp_path))
    assert suite.options["recordings"]["files"] == 3  # type: ignore[index]
    assert str(tmp_path) not in json.dumps([suite.options, suite.declared])
    uses: Counter[str] = Counter()
    for draft in suite.drafts:
        for source in parameters(draft)["sources"]:
            signal = source["signal"]
            file = Path(signal["path"])
            assert signal["digest"] == sha256(file.read_bytes()).hexdigest()
            assert signal["start_s"] + signal["duration_s"] + 0.01 <= 2.5
            uses[file.name] += 1
        item = draft.item
        assert "left.flac" not in item.model_dump_json()
        assert "Answer B" not in item.question + item.captions["plain"][0] + item.captions["full"][0]
    assert len(uses) == 3
    assert max(uses.values()) - min(uses.values()) <= 8
    render(suite.drafts[0])


def test_recordings_of_which_none_can_be_used_are_refused_with_their_reasons(tmp_path: Path) -> None:
    _write(tmp_path / "stereo.wav", 3, channels=2)
    _write(tmp_path / "short.wav", 0.5)
    with pytest.raises(SuiteError, match="0 of the 2 sound files") as error:
        plan(size=20, recordings=str(tmp_path))
    assert [problem.partition(":")[0] for problem in error.value.problems] == ["short.wav", "stereo.wav"]


def test_a_question_is_left_out_if_the_head_lacks_data_for_one_of_its_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def horizontal(options: Any, at: tuple[tuple[str, float], ...], *_: Any) -> str | None:
        return "no data there" if dict(at)["elevation_deg"] else None

    monkeypatch.setattr(feasibility, "_direction_refusal", horizontal)
    suite = plan(size=60)
    assert not any("elevation" in str(d.item.sub_category) for d in suite.drafts)
    assert "range_elevation: all items: no data there" in suite.dropped
    assert sum("sensitivity_elevation" in line for line in suite.dropped) == 5
    with pytest.raises(InputError, match="no item can be built: range_elevation"):
        plan(("elevation",), size=20)
