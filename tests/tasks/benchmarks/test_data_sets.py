"""Public data sets by name: read from a folder in their own layout, in the fields that each has."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from public_sets import SETS, mmau, sound

from starbench import protocols
from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.suites.open import open_suite
from starbench.suites.overview import overview
from starbench.suites.suite import Suite

if TYPE_CHECKING:
    from command_line import Command


def opened(root: Path, name: str, source: str = "") -> Suite:
    SETS[name](root)
    return open_suite(f"{name}:{source}{root}")


def facts(item: Item) -> tuple[Any, ...]:
    return item.question, item.options, item.answer, item.task, item.sub_category


EXPECTED = {
    "mmau": ("What is heard?", ("dog", "cat", "cow"), "dog", "sound", "Ambient"),
    "mmar": ("Where is it?", ("left", "right"), "right", "mix-sound-speech", "Spatial Analysis"),
    "mmsu": ("Which tone?", ("rising", "falling"), "falling", "Perception", "intonation_perception"),
    "air-bench": ("What is it?", ("a", "b", "c"), "c", "air-bench", "Speech_Grounding"),
    "adqa": ("Who speaks?", ("a man", "a woman", "nobody"), "nobody", "adqa", None),
    "mmau-pro": ("Which is nearer?", ("first", "second"), "first", "multi", "x"),
    "sakura": ("Which animal is it?", ("cat", "dog", "cow", "bird"), "dog", "Animal", None),
    "sonicbench": (
        "Is the pitch high or low? Answer 'A' for high, 'B' for low.", ("high", "low"), "low", "Recognition", "pitch",
    ),
}  # fmt: skip


#: Sets of open questions, whose own prompts show no options.
OPEN = ("spatialsoundqa", "so-bench")


@pytest.mark.parametrize("name", EXPECTED)
def test_the_first_question_is_as_its_record_says(tmp_path: Path, name: str) -> None:
    suite = opened(tmp_path, name)
    assert facts(suite.items[0]) == EXPECTED[name]
    assert suite.default_protocol == "starbench"
    assert suite.spec["source"] == "local folder"
    assert suite.skipped == ()


@pytest.mark.parametrize("name", SETS)
def test_the_official_prompt_holds_the_question_and_every_option(tmp_path: Path, name: str) -> None:
    suite = opened(tmp_path, name)
    if suite.official_protocol is None:
        assert name == "adqa", "no official prompt of it was found"
        return
    protocol = protocols.get(suite.official_protocol)
    assert protocol.name == name
    for item in suite.items:
        text = protocol.prompt(item, item.options)
        assert item.question in text
        assert name in OPEN or all(option in text for option in item.options)
        assert protocol.rotations(item) == 1


@pytest.mark.parametrize("name", SETS)
def test_a_run_under_either_protocol_counts_every_question(
    tmp_path: Path, name: str, command: Command
) -> None:
    SETS[name](tmp_path / "set")
    for protocol in ("starbench", "official"):
        if (name, protocol) == ("adqa", "official"):
            continue
        out = tmp_path / protocol
        result = command(
            "run", "--model", "constant:A", "--suite", f"{name}:{tmp_path / 'set'}", "--protocol", protocol,
            "--no-canary", "--out", str(out),
        )  # fmt: skip
        assert result.code == 0, result.err
        entry = json.loads(next(out.glob("entry-*.json")).read_text("utf-8"))
        (row,) = entry["scores"]["headlines"]
        assert row["coverage"] == 1
        assert row["n_items"] == len(open_suite(f"{name}:{tmp_path / 'set'}").items)
        if protocol == "starbench":
            assert row["aa"] == pytest.approx(row["chance"]), "rotations take the bias of positions away"


# --- what is particular to one -----------------------------------------------------------------------


def test_equal_options_are_one_and_the_published_ones_are_kept(tmp_path: Path) -> None:
    suite = opened(tmp_path, "mmau")
    item = suite.items[1]
    assert item.options == ("dog", "cat", "cow")
    assert item.truth["published"]["options"] == ["dog", "cat", "cat", "cow"]
    assert item.truth["factors"] == {"difficulty": "easy"}
    assert item.category == "Reasoning, Information"
    found = overview(suite)
    assert (found.options, found.places, found.chance) == ({4: 2}, {"A": 1, "D": 1}, 0.25)


def test_air_bench_names_sounds_as_its_script_does(tmp_path: Path) -> None:
    paths = [item.audio_paths[0] for item in opened(tmp_path, "air-bench").items]
    assert paths == [
        "Foundation/Speech_Grounding_librispeech/x.wav",
        "Foundation/Audio_Grounding_AudioGrounding/y.flac",
    ]
    alone = open_suite(f"air-bench:{tmp_path / 'Foundation'}")
    assert [item.audio_paths[0] for item in alone.items] == [
        path.removeprefix("Foundation/") for path in paths
    ]


def test_mmau_pro_asks_choices_alone_and_says_how_much_it_left_out(tmp_path: Path) -> None:
    suite = opened(tmp_path, "mmau-pro")
    assert [item.id for item in suite.items] == ["p0", "p1"]
    assert suite.spec["not multiple choice"] == 2
    assert len(suite.items[0].audio_paths) == 2
    part = open_suite(f"mmau-pro:spatial:{tmp_path}")
    assert (part.name, [item.id for item in part.items]) == ("mmau-pro-spatial", ["p1"])


def test_the_right_answer_of_muchomusic_is_not_always_first(tmp_path: Path) -> None:
    suite = opened(tmp_path, "muchomusic")
    again = open_suite(f"muchomusic:{tmp_path}")
    assert suite.digest == again.digest
    assert all(set(item.options) == {"violin", "flute", "drums", "voice"} for item in suite.items)
    assert all(item.answer == "violin" for item in suite.items)
    assert suite.items[0].truth["published"]["music_knowledge"] == ["instrumentation"]
    rows = "".join("Which?,violin,flute,drums,voice,folk,,,sdd,1001.json\n" for _ in range(60))
    head = (
        "question,correct_answer,distractor_1_answer,distractor_2_answer,distractor_3_answer,genre,music_knowledge,"
        "music_reasoning,dataset,dataset_identifier\n"
    )
    (tmp_path / "muchomusic.csv").write_text(head + rows, "utf-8")
    places = overview(open_suite(f"muchomusic:{tmp_path}")).places
    assert set(places) == {"A", "B", "C", "D"}


def test_sakura_asks_each_sound_twice(tmp_path: Path) -> None:
    suite = opened(tmp_path, "sakura")
    assert [(item.task, item.category, item.answer) for item in suite.items] == [
        ("Animal", "single-hop", "dog"),
        ("Animal", "multi-hop", "four legs"),
        ("Gender", "single-hop", "dog"),
        ("Gender", "multi-hop", "four legs"),
    ]
    assert suite.licence is None


@pytest.mark.parametrize("kind", ["mmar-audio.tar.gz", "folder"])
def test_sounds_are_read_from_the_archive_or_from_where_it_was_unpacked(tmp_path: Path, kind: str) -> None:
    digest = opened(tmp_path, "mmar").digest
    if kind != "folder":
        with tarfile.open(tmp_path / kind, "w:gz") as tar:
            tar.add(tmp_path / "audio", "audio")
        for path in (tmp_path / "audio").iterdir():
            path.unlink()
        (tmp_path / "audio").rmdir()
    assert open_suite(f"mmar:{tmp_path}").digest == digest


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="is not the data set mmau"):
        open_suite(f"mmau:{tmp_path}")
    mmau(tmp_path)
    (tmp_path / "test-mini-audios" / "m0.wav").unlink()
    with pytest.raises(SuiteError) as error:
        open_suite(f"mmau:{tmp_path}")
    (problem,) = error.value.problems
    assert problem.startswith(
        "mmau-test-mini.json[0]: audio_id: there is no file './test-mini-audios/m0.wav'"
    )


def test_a_zip_of_mmau_pro_is_read_without_unpacking_what_is_not_asked(tmp_path: Path) -> None:
    digest = opened(tmp_path, "mmau-pro").digest
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as members:
        for path in sorted((tmp_path / "data").iterdir()):
            members.write(path, f"data/{path.name}")
            path.unlink()
        members.writestr("data/other.wav", b"not asked for")
    (tmp_path / "data").rmdir()
    assert open_suite(f"mmau-pro:{tmp_path}").digest == digest


# --- the real metadata of two ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "places", "chance"),
    [
        ("mmau", {2: 27, 4: 948, 5: 24, 8: 1}, {"A": 395, "B": 271, "C": 208, "D": 126}, 0.255),
        ("mmar", {2: 171, 3: 10, 4: 815, 5: 3, 6: 1}, {"A": 273, "B": 302, "C": 213, "D": 212}, 0.293),
    ],
)
def test_all_thousand_questions_load(
    shared: Path, tmp_path: Path, name: str, options: dict[int, int], places: dict[str, int], chance: float
) -> None:
    file = {"mmau": "mmau-test-mini.json", "mmar": "MMAR-meta.jsonl"}[name]
    text = (shared / "benchmarks" / file).read_text("utf-8")
    records = json.loads(text) if name == "mmau" else [json.loads(line) for line in text.split("\n") if line]
    for seed, record in enumerate(records):
        sound(tmp_path / (record.get("audio_id") or record["audio_path"]), seed)
    (tmp_path / file).write_text(text, "utf-8")
    suite = open_suite(f"{name}:{tmp_path}")
    found = overview(suite)
    assert (found.n_items, found.n_sounds) == (1000, 1000)
    assert (found.options, found.places) == (options, places)
    assert found.chance == pytest.approx(chance, abs=0.001)
    equal = [item for item in suite.items if "options" in item.truth["published"]]
    if name == "mmau":
        assert len(equal) == 27, "two equal options are one"
    for item, record in zip(suite.items, records, strict=True):
        assert item.answer == " ".join(record["answer"].split())
