"""Separators scored on known stems, and headroom and recovered share of planted answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Command
from separable_scenes import RATE, sources, write_suite

import starbench
from starbench.diagnose.records import read_record
from starbench.diagnose.separation.answers import answer_rows
from starbench.diagnose.separation.record import separation
from starbench.errors import InputError
from starbench.schema.separation import Separation
from starbench.suites.open import open_suite
from starbench.suites.stems import StemLibrary


def library(root: Path, n_scenes: int = 4, **options: object) -> StemLibrary:
    scenes = [sources(seed, **options) for seed in range(n_scenes)]
    truths = [
        {"planned": {"sir": (-5.0, 5.0)[k % 2]}, "factors": {"sir": f"{(-5, 5)[k % 2]} dB"}}
        for k in range(n_scenes)
    ]
    return StemLibrary(open_suite(str(write_suite(root, scenes, truths))))


def test_the_stems_beat_a_separator_and_that_beats_the_mixture(tmp_path: Path) -> None:
    pytest.importorskip("pyroomacoustics")
    record = separation(library(tmp_path / "suite"), ["none", "ipd-mask", "ilrma", "ratio-mask", "oracle"])
    whole = {row.separator: row for row in record.rows if row.factor is None}
    gains = {name: row.si_sdri_db.value for name, row in whole.items() if row.si_sdri_db is not None}
    assert gains["none"] == pytest.approx(0.0, abs=1e-6)
    assert gains["oracle"] > 60.0
    assert gains["oracle"] > gains["ratio-mask"] > gains["ipd-mask"] > 3.0
    assert gains["oracle"] > gains["ilrma"] > 3.0
    for row in whole.values():
        assert row.si_sdri_db is not None
        assert row.si_sdri_db.interval[0] <= row.si_sdri_db.value <= row.si_sdri_db.interval[1]
    assert {(row.factor, row.level) for row in record.rows if row.separator == "none"} == {
        (None, None),
        ("sir", "-5 dB"),
        ("sir", "5 dB"),
    }
    assert Separation.model_validate_json(record.model_dump_json()) == record


def test_more_sources_than_channels_are_not_applicable_to_filters_and_no_error(tmp_path: Path) -> None:
    pytest.importorskip("pyroomacoustics")
    rows = separation(library(tmp_path / "suite", 2, delays=(-8, 0, 7)), ["ilrma", "ipd-mask"]).rows
    ilrma, mask = (row for row in rows if row.factor is None)
    assert (ilrma.scenes, ilrma.not_applicable, ilrma.failed, ilrma.si_sdri_db) == (0, 2, 0, None)
    assert (mask.scenes, mask.not_applicable, mask.failed) == (2, 0, 0)


def test_silent_stems_are_dropped_and_counted_and_a_failing_separator_is_counted(tmp_path: Path) -> None:
    parts = np.concatenate([sources(0), np.zeros((1, *sources(0).shape[1:]))])
    suite = StemLibrary(open_suite(str(write_suite(tmp_path / "suite", [parts]))))
    told = tmp_path / "told.py"
    told.write_text(
        "import numpy as np\ndef told(samples, rate, n):\n    assert n == 2\n    return np.stack([samples] * n)\n"
        "def bad(samples, rate, n):\n    raise RuntimeError('no')\n"
    )
    record = separation(suite, [f"{told}:told", f"{told}:bad"])
    good, bad = record.rows
    assert (good.scenes, good.silent_stems, good.failed) == (1, 1, 0)
    assert (bad.scenes, bad.failed, bad.not_applicable) == (0, 1, 0)
    assert record.separators[0].error == ""
    assert f"RuntimeError: no ({told}:6)" in record.separators[1].error


def test_a_separator_cannot_change_what_it_is_scored_against(tmp_path: Path) -> None:
    path = tmp_path / "cheat.py"
    path.write_text(
        "import numpy as np\ndef cheat(samples, rate, n):\n    streams = np.stack([samples.copy()] * n)\n"
        "    samples[:] = np.random.default_rng(0).standard_normal(samples.shape)\n    return streams\n"
    )
    (row,) = separation(library(tmp_path / "suite", 1), [f"{path}:cheat"]).rows
    assert row.si_sdri_db is not None
    assert row.si_sdri_db.value == pytest.approx(0.0, abs=1e-9)


def test_scenes_of_one_source_are_in_no_figure(tmp_path: Path) -> None:
    one_ear = sources(2)
    one_ear[1, :, 0] = 0.0  # which the other ear alone hears
    suite = StemLibrary(
        open_suite(str(write_suite(tmp_path / "suite", [sources(0), sources(1, delays=(-8,)), one_ear])))
    )
    record = separation(suite, ["none"])
    (row,) = record.rows
    assert (record.scenes, record.one_source_scenes, row.scenes) == (3, 2, 1)
    assert row.si_sdr_db is not None
    assert row.si_sdr_db.value < 10.0


@pytest.mark.parametrize(
    ("name", "reason", "code"),
    [
        ("boom", "KeyError: 'x'", 2),
        ("text", "it returned str of <U2", 2),
        ("nothing", "it returned NoneType of object", 2),
        ("later", "it returned coroutine of object", 2),
        ("unreal", "it returned ndarray of complex128", 2),
        ("huge", "it returned samples of up to ", 2),
        ("ragged", "ValueError: ", 2),
        ("needy", "its least_channels is not a function", 2),
        ("worded", "least_channels is 'two', not a whole number from 1", 2),
        ("silent", "a stream is silent", 2),
        ("moody", "RuntimeError: louder", 1),
    ],
)
@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
def test_why_a_separator_failed_is_said_and_kept(
    command: Command, tmp_path: Path, name: str, reason: str, code: int
) -> None:
    path = tmp_path / "failing.py"
    path.write_text(
        "import numpy as np\n"
        "def copies(samples, rate, n): return np.stack([samples] * n)\n"
        "def boom(samples, rate, n): raise KeyError('x')\n"
        "def text(samples, rate, n): return 'no'\n"
        "def nothing(samples, rate, n): pass\n"
        "async def later(samples, rate, n): return copies(samples, rate, n)\n"
        "def unreal(samples, rate, n): return 1j * copies(samples, rate, n)\n"
        "def huge(samples, rate, n): return 1e200 * copies(samples, rate, n)\n"
        "def ragged(samples, rate, n): return [samples, samples[1:]]\n"
        "def needy(samples, rate, n): return copies(samples, rate, n)\n"
        "needy.least_channels = 2\n"
        "def worded(samples, rate, n): return copies(samples, rate, n)\n"
        "worded.least_channels = lambda n: 'two'\n"
        "def silent(samples, rate, n): return 0 * copies(samples, rate, n)\n"
        "def moody(samples, rate, n):\n"
        "    if samples[0, 0] > 0: raise RuntimeError('louder')\n"
        "    return copies(samples, rate, n)\n"
    )
    scenes = [sources(seed) for seed in range(2)]
    for parts, first in zip(scenes, (0.1, -0.1), strict=True):
        parts[:, 0] = first
    suite = write_suite(tmp_path / "suite", scenes)
    done = command("separate", str(suite), "--separator", f"{path}:{name}", "--out", str(tmp_path / "out"))
    assert done.code == code, done.err
    record = read_record(Separation, tmp_path / "out" / "separation.json")
    assert reason in record.separators[0].error
    assert reason in done.out
    assert record.rows[0].failed == code
    if name != "silent":
        assert f"{path}:" in record.separators[0].error


def test_a_suite_without_stems_is_refused(tmp_path: Path) -> None:
    suite = open_suite(str(write_suite(tmp_path / "suite", [sources(0)], stems=False)))
    with pytest.raises(InputError, match="keeps no stems"):
        separation(StemLibrary(suite), ["none"])


def test_stems_outside_the_suite_or_of_another_length_are_refused(tmp_path: Path) -> None:
    root = write_suite(tmp_path / "suite", [sources(0)])
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    text = (root / "metadata.jsonl").read_text()
    line = json.loads(text)
    line["truth"]["clips"][0]["stems"][0] = "../secret.wav"
    (root / "metadata.jsonl").write_text(json.dumps(line) + "\n")
    stems = StemLibrary(open_suite(str(root)))
    with pytest.raises(InputError, match="leads out of"):
        stems.stems(stems.scenes[0])


def planted(tmp_path: Path, **shares: float) -> str:
    """A model that is right in planted shares of the items: by the number of clips that it gets, and their level."""
    path = tmp_path / "planted.py"
    path.write_text(
        "class Planted:\n"
        "    def __init__(self, model: str = ''): pass\n"
        "    def generate(self, prompt):\n"
        "        clips = [clip.audio() for clip in prompt.clips]\n"
        "        number, way = int(max(clip.pcm[0, 0] for clip in clips)), len(clips)\n"
        f"        share = {{1: {shares['none']}, 2: {shares['separated']}, 3: {shares['oracle']}}}[way]\n"
        "        right = ('Left', 'Right')[number % 2]\n"
        "        wrong = ('Right', 'Left')[number % 2]\n"
        "        chosen = right if number < round(share * 40) else wrong\n"
        "        return f'<{prompt.letters[prompt.options.index(chosen)]}>'\n"
    )
    return f"{path}:Planted"


def numbered(root: Path, n_items: int = 40) -> Path:
    """Scenes of three sources whose first sample is their number."""
    rng = np.random.default_rng(0)
    scenes = []
    for number in range(n_items):
        parts = 0.02 * rng.standard_normal((3, RATE // 20, 2))
        parts[:, 0] = [[number / 32768] * 2, [0, 0], [0, 0]]
        scenes.append(parts)
    return write_suite(root, scenes)


def two_streams(tmp_path: Path) -> str:
    path = tmp_path / "two.py"
    path.write_text(
        "import numpy as np\ndef two(samples, rate, n):\n    return np.stack([samples / 2**k for k in range(n)])\n"
    )
    return f"{path}:two"


def runs_of(tmp_path: Path, **shares: float) -> dict[str, starbench.RunData]:
    suite, model, two = numbered(tmp_path / "suite"), planted(tmp_path, **shares), two_streams(tmp_path)
    arguments = {"none": {}, two: {"sources": "2"}, "oracle": {"separator.stems": str(suite)}}
    return {
        name: starbench.run(
            f"separate:{name}+{model}", suite, tmp_path / f"run{k}", model_args=given, canary=False
        )
        for k, (name, given) in enumerate(arguments.items())
    }


def test_headroom_and_recovered_share_are_those_that_were_planted(tmp_path: Path) -> None:
    runs = runs_of(tmp_path, none=0.4, separated=0.7, oracle=0.9)
    two = two_streams(tmp_path)
    (row,) = answer_rows(runs, [two])
    assert row.items == 40
    assert [figure.value for figure in (row.none, row.separated, row.oracle) if figure] == pytest.approx(
        [0.4, 0.7, 0.9]
    )
    assert row.headroom is not None
    assert row.gain is not None
    assert row.recovered is not None
    assert row.headroom.value == pytest.approx(0.5)
    assert row.gain.value == pytest.approx(0.3)
    assert row.recovered.value == pytest.approx(0.6)
    low, high = row.recovered.interval
    assert 0.3 < low < 0.6 < high < 0.85


@pytest.mark.parametrize("oracle", [0.45, 0.3])
def test_without_headroom_no_share_is_given(tmp_path: Path, oracle: float) -> None:
    runs = runs_of(tmp_path, none=0.4, separated=0.7, oracle=oracle)
    (row,) = answer_rows(runs, [two_streams(tmp_path)])
    assert row.headroom is not None
    assert row.headroom.value == pytest.approx(oracle - 0.4)
    assert row.headroom.interval[0] <= 0
    assert row.recovered is None


def test_items_that_one_way_could_not_ask_are_no_pairs(tmp_path: Path) -> None:
    runs = runs_of(tmp_path, none=0.4, separated=0.7, oracle=0.9)
    (row,) = answer_rows(runs, ["never"])
    assert (row.items, row.not_applicable, row.failed, row.headroom) == (0, 40, 0, None)
    with pytest.raises(InputError, match="no run has separator 'oracle'"):
        answer_rows({name: run for name, run in runs.items() if name != "oracle"}, ["never"])


def test_the_command_scores_asks_and_resumes(command: Command, tmp_path: Path) -> None:
    suite, model = numbered(tmp_path / "suite", 12), planted(tmp_path, none=0.0, separated=0.2, oracle=0.3)
    line = ("separate", str(suite), "--separator", two_streams(tmp_path), "--separator", "needy.py:needy",
            "--model", model, "--sources", "2", "--out", str(tmp_path / "out"), "--no-canary")  # fmt: skip
    needy = tmp_path / "needy.py"
    needy.write_text(
        "def needy(samples, rate, n): raise AssertionError\nneedy.least_channels = lambda n: 2 * n\n"
    )
    line = tuple(str(needy) + ":needy" if word == "needy.py:needy" else word for word in line)
    first = command(*line)
    assert first.code == 0, first.err
    assert "not applicable" in first.err
    record = read_record(Separation, tmp_path / "out" / "separation.json")
    assert record.model == model
    assert record.sources_asked == 2
    two, needy_row = (row for row in record.answers if row.factor is None)
    assert two.headroom is not None
    assert two.headroom.value == pytest.approx(1.0)
    assert two.recovered is not None
    assert two.recovered.value == pytest.approx(8 / 12)
    assert (needy_row.items, needy_row.not_applicable) == (0, 12)
    again = command(*line)
    assert again.code == 0
    assert "0 of 24 trials to ask" in again.err
    bare = command("separate", str(suite), "--model", model)
    assert bare.code == 2
    assert "--out" in bare.err


@pytest.mark.local
def test_phone_errors_are_those_of_panphon_summed_over_the_corpus() -> None:
    panphon = pytest.importorskip("panphon.distance")
    from starbench.diagnose.separation.phones import phone_errors

    references = ["k æ t", "d ɔ ɡ", "h ɛ l oʊ", "tʃ iː z"]
    texts = ["k æ d", "d ɔ", "h ʌ l oʊ w", "s iː z"]
    result = phone_errors("x", references, texts)
    distance = panphon.Distance()
    pairs = [(one.replace(" ", ""), two.replace(" ", "")) for one, two in zip(references, texts, strict=True)]
    n = sum(len(distance.fm.ipa_segs(one)) for one, _ in pairs)
    expected = sum(distance.hamming_feature_edit_distance(one, two) for one, two in pairs) / n
    assert result.reference_phones == n
    assert result.pfer.value == pytest.approx(expected, abs=1e-9)
    assert result.pfer.value < result.per.value
    same = phone_errors("x", references, references)
    assert (same.per.value, same.pfer.value) == (0.0, 0.0)
