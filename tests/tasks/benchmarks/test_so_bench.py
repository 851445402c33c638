"""SO-Bench: which of its open questions are asked, and with which options."""

from __future__ import annotations

import json
from pathlib import Path

from public_sets import so_bench

from starbench.schema import Item
from starbench.suites.open import open_suite


def asked(root: Path) -> list[Item]:
    so_bench(root)
    return list(open_suite(f"so-bench:{root}").items)


def test_what_has_a_closed_set_is_asked_and_the_rest_is_counted(tmp_path: Path) -> None:
    items = asked(tmp_path)
    assert [item.id for item in items] == [f"qa_{n}" for n in range(11)]
    suite = open_suite(f"so-bench:{tmp_path}")
    assert suite.spec["not multiple choice"] == 3, "azimuth, transcript, time"
    assert suite.licence == "CC BY-NC 4.0"
    assert {clip.channels for clip in suite.clips.values()} == {4}
    assert items[0].truth["factors"] == {"dataset": "hm3d"}
    assert items[0].truth["published"]["answer"] == "It is string instrument."


def test_options_are_of_the_answer_s_own_words(tmp_path: Path) -> None:
    options = {item.id: (item.answer, set(item.options)) for item in asked(tmp_path)}
    assert options["qa_4"] == (
        "bell is to the left of string instrument.",
        {"bell is to the left of string instrument.", "bell is to the right of string instrument."},
    )
    assert options["qa_5"] == ("bell", {"bell", "string instrument"})
    assert options["qa_6"] == ("2", {"2", "3"})
    assert options["qa_8"] == ("stationary", {"stationary", "moving"})
    assert options["qa_10"] == (
        "bell from back-left and above.",
        {
            f"bell from {quarter} and above."
            for quarter in ("front-left", "front-right", "back-left", "back-right")
        },
    )


def test_other_sounds_of_the_clip_come_first_among_options(tmp_path: Path) -> None:
    for item in asked(tmp_path)[:4]:
        assert len(item.options) == 4
        assert set(item.options) == {"string instrument", "bell", "dog", "speech"}, (
            "all are heard in this clip"
        )


def test_no_option_depends_on_an_azimuth(tmp_path: Path) -> None:
    items = asked(tmp_path)
    table = tmp_path / "qa" / "test.jsonl"
    table.write_text(table.read_text("utf-8").replace('"azimuth_deg": 67.0', '"azimuth_deg": -67.0'), "utf-8")
    assert list(open_suite(f"so-bench:{tmp_path}").items) == items


def test_an_answer_alone_will_do_and_none_is_a_fault(tmp_path: Path) -> None:
    so_bench(tmp_path)
    table = tmp_path / "qa" / "test.jsonl"
    records = [json.loads(line) for line in table.read_text("utf-8").splitlines()]
    del records[4]["canonical_answer"]
    records[4]["answer"] = "The bell is on the right."
    table.write_text("".join(f"{json.dumps(one)}\n" for one in records), "utf-8")
    items = {item.id: item for item in open_suite(f"so-bench:{tmp_path}").items}
    assert set(items["qa_4"].options) == {"The bell is on the right.", "The bell is on the left."}
    del records[4]["answer"]
    table.write_text("".join(f"{json.dumps(one)}\n" for one in records), "utf-8")
    suite = open_suite(f"so-bench:{tmp_path}", skip_bad=True)
    assert suite.skipped == (
        "test.jsonl:5: canonical_answer and answer: holds no answer: write the right one as a text",
    )


def test_an_option_stands_once_where_few_sounds_are_heard(tmp_path: Path) -> None:
    so_bench(tmp_path)
    table = tmp_path / "qa" / "test.jsonl"
    records = [json.loads(line) for line in table.read_text("utf-8").splitlines()]
    clip = tmp_path / "audio" / "test" / "foa_2.wav"
    clip.write_bytes((tmp_path / "audio" / "test" / "foa_1.wav").read_bytes())
    records[0] |= {"audio_path": "audio/test/foa_2.wav", "source_refs": [{"class_name": "bell"}]}
    table.write_text("".join(f"{json.dumps(one)}\n" for one in records), "utf-8")
    item = open_suite(f"so-bench:{tmp_path}").items[0]
    assert set(item.options) == {"string instrument", "bell", "dog"}, "of the clip, and of other questions"
    assert "options" not in item.truth["published"], "none stood twice"
