"""Suites as folders for the hub, and in the official STAR-Bench layout: read back, and compared item by item."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import exported
import numpy as np
import pytest
import soundfile
from command_line import Command

from starbench.errors import InputError, SuiteError
from starbench.interchange.formats import export
from starbench.schema import Item
from starbench.suites import suite as suites
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records

#: What the official layout holds of an item.
HELD = ("id", "task", "category", "sub_category", "question", "options", "answer", "source", "global_caption")


def sounds(suite: Suite, item: Item) -> list[str]:
    paths = [*item.audio_paths, *filter(None, [item.uncut_audio_path])]
    return [suite.clips[path].digest for path in paths]


def held(suite: Suite) -> dict[str, Any]:
    return {
        item.id: ({name: getattr(item, name) for name in HELD}, sounds(suite, item)) for item in suite.items
    }


def test_the_official_samples_are_read_back_equal(samples: Path, tmp_path: Path) -> None:
    """Every field, also those that the reader derives: rotations, orders, where they start, who abstains."""
    before = open_suite(f"star-bench:{samples}")
    lines = export(f"star-bench:{samples}", "star-bench", tmp_path / "out", {})
    after = open_suite(f"star-bench:{tmp_path / 'out'}")
    assert after.digest == before.digest
    assert lines == (
        "items: 10 foundation_perception, 2 holistic_reasoning_spatial, 6 holistic_reasoning_temporal",
    )
    assert [item.id for item in after.items] == [item.id for item in before.items]
    for name in ("foundation_perception", "holistic_reasoning_spatial", "holistic_reasoning_temporal"):
        path = f"meta_info/{name}.json"
        raw, written = (json.loads((root / path).read_text()) for root in (samples, tmp_path / "out"))
        without = ("audio_paths", "uncut_audio_path")
        assert [{k: v for k, v in one.items() if k not in without} for one in raw] == [
            {k: v for k, v in one.items() if k not in without} for one in written
        ]


def test_a_built_suite_of_perception_is_read_back_as_far_as_the_layout_holds_it(
    perception: Suite, tmp_path: Path
) -> None:
    lines = export(str(perception.root), "star-bench", tmp_path / "out", {})
    after = open_suite(f"star-bench:{tmp_path / 'out'}")
    assert held(after) == held(perception)
    assert [item.rotations for item in after.items] == [item.rotations for item in perception.items]
    n = len(perception.items)
    counts = {
        "have no level there": sum(item.level is not None for item in perception.items),
        "are not marked as catch trials there": sum(item.catch for item in perception.items),
        "have no mirrored options there, so condition swap cannot be asked": sum(
            item.mirror is not None for item in perception.items
        ),
        "have no captions of their clips there": n,
        "have no truth there": n,
    }
    assert min(counts.values()) > 0
    assert {f"{count} item(s) {what}" for what, count in counts.items()} <= set(lines)
    assert lines[0].startswith(f"items: {n} foundation_perception")
    assert not any("rotations" in line or "left out" in line for line in lines)


def test_what_is_asked_in_other_rotations_is_said(spatial: Suite, tmp_path: Path) -> None:
    lines = export(str(spatial.root), "star-bench", tmp_path / "out", {})
    after = open_suite(f"star-bench:{tmp_path / 'out'}")
    assert held(after) == held(spatial)
    assert {item.rotations for item in after.items} == {3}
    assert any(
        line.startswith(f"{len(spatial.items)} item(s) have another number of rotations") for line in lines
    )


def write_odd(root: Path) -> Suite:
    """One item that fits, and one for each reason that one does not."""
    (root / "audio").mkdir(parents=True)
    rng = np.random.default_rng(1)
    for name, channels in (("stereo", 2), ("mono", 1), ("quad", 4)):
        soundfile.write(root / f"audio/{name}.wav", rng.uniform(-0.1, 0.1, (800, channels)), 8000)
    usual = {"question": "Where?", "options": ["Left", "Right"], "answer": "Left"}
    orders = ["clip 1 -> clip 2", "clip 2 -> clip 1"]
    records = [
        {**usual, "id": "fits", "task": "Spatial Reasoning", "rotations": 3, "audio_paths": ["audio/stereo.wav"]},
        {**usual, "id": "one ear", "task": "Spatial Reasoning", "audio_paths": ["audio/mono.wav"]},
        {**usual, "id": "foa", "task": "Foundational Acoustic Perception", "audio_paths": ["audio/quad.wav"]},
        {**usual, "id": "other", "task": "My own task", "audio_paths": ["audio/stereo.wav"]},
        {
            **usual, "id": "two_OSM_1", "task": "Temporal Reasoning", "options": orders, "answer": None,
            "option_orders": [[1, 2], [2, 1]], "audio_paths": ["audio/mono.wav", "audio/stereo.wav"],
        },
    ]  # fmt: skip
    intake = validate_records([RawRecord(one["id"], one) for one in records], root, skip_bad=False)
    suite = Suite("odd", root, intake.items, intake.clips, "starbench")
    return replace(suite)


def test_what_the_reader_would_refuse_is_left_out_and_said(tmp_path: Path) -> None:
    from starbench.interchange.formats import FORMATS

    suite = write_odd(tmp_path / "odd")
    lines = FORMATS["star-bench"].write(suite, tmp_path / "out", {})
    after = open_suite(f"star-bench:{tmp_path / 'out'}")
    assert [item.id for item in after.items] == ["fits"]
    assert held(after)["fits"] == held(suite)["fits"]
    assert set(lines[1:]) == {
        "left out, 1 item(s): their clips need 2 channels there",
        "left out, 1 item(s): their clips need 1 or 2 channels there",
        "left out, 1 item(s): the layout has no place for their task",
        "left out, 1 item(s): options: do not state each order of three clips once",
    }
    assert not list((tmp_path / "out").rglob("*4*ch*"))
    assert len(list((tmp_path / "out").rglob("*.wav"))) == 1


def test_a_suite_of_which_nothing_fits_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    from starbench.interchange.formats import FORMATS

    suite = write_odd(tmp_path / "odd")
    others = replace(suite, items=tuple(item for item in suite.items if item.id == "other"))
    with pytest.raises(SuiteError, match="no item of odd fits the layout"):
        FORMATS["star-bench"].write(others, tmp_path / "out", {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd"]


def test_a_folder_for_the_hub_is_the_same_suite(perception: Suite, samples: Path, tmp_path: Path) -> None:
    for number, (spec, before) in enumerate(
        [(str(perception.root), perception), (f"star-bench:{samples}", open_suite(f"star-bench:{samples}"))]
    ):
        out = tmp_path / str(number)
        export(spec, "hugging-face", out, {})
        after = suites.read(out)
        assert (after.name, after.licence, after.spec, after.declared, after.default_protocol) == (
            before.name,
            before.licence,
            before.spec,
            before.declared,
            before.default_protocol,
        )
        assert after.digest == before.digest
        assert all(Path(path).stem == clip.digest for path, clip in after.clips.items())
        assert sorted(path.name for path in out.iterdir()) == [
            "README.md",
            "audio",
            "metadata.jsonl",
            "suite.json",
        ]


_CARD = """
import json, sys, yaml, datasets
datasets.disable_progress_bars()
datasets.Audio.encode_example = lambda self, path: {"bytes": None, "path": path}
root, cache = sys.argv[1:]
_, front, body = open(f"{root}/README.md", encoding="utf-8").read().split("---\\n", 2)
data = datasets.load_dataset(root, split="test", cache_dir=cache)
print(json.dumps({"front": yaml.safe_load(front), "body": body, "rows": len(data), "columns": data.column_names}))
"""


@pytest.mark.interchange
def test_the_card_is_read_by_the_hub_and_holds_no_markup_of_the_data(spatial: Suite, tmp_path: Path) -> None:
    exported.needs("datasets", "yaml")
    hostile = "x\n---\n<script>alert(1)</script> | [a](javascript:b) `c` \u202e"
    (tmp_path / "own").mkdir()
    item = spatial.items[0].model_copy(update={"sub_category": hostile})
    suite = replace(spatial, name=hostile, licence=hostile, items=(item,), spec={"made of": hostile})
    from starbench.interchange.formats import FORMATS

    FORMATS["hugging-face"].write(suite, tmp_path / "out", {"dataset": "me/mine"})
    found = exported.read(_CARD, tmp_path / "out", tmp_path / "cache")
    assert found["rows"] == 1
    assert {"audio", "clips", "question", "truth"} <= set(found["columns"])
    front, body = found["front"], found["body"]
    assert front["pretty_name"] == front["license_name"] == hostile
    assert (front["license"], front["size_categories"]) == ("other", ["n<1K"])
    assert front["configs"][0]["data_files"] == [{"split": "test", "path": ["metadata.jsonl", "audio/*"]}]
    assert "<script>" not in body
    assert "[a](" not in body
    assert "\u202e" not in body
    assert 'load_dataset("me/mine"' in body
    assert suite.digest in body


def test_the_card_states_the_licence_as_the_hub_names_it(perception: Suite, tmp_path: Path) -> None:
    export(str(perception.root), "hugging-face", tmp_path / "out", {})
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "\nlicense: cc0-1.0\n" in card
    assert f"| seed | {perception.spec['seed']} |" in card
    assert perception.digest in card
    assert 'load_dataset("OWNER/NAME"' in card


def test_a_folder_that_is_taken_is_not_touched(perception: Suite, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    for to in ("hugging-face", "star-bench"):
        with pytest.raises(InputError, match="is not empty: give another --out"):
            export(str(perception.root), to, tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_command_says_what_is_wrong(
    perception: Suite, finished: Path, tmp_path: Path, command: Command
) -> None:
    suite, run, out = str(perception.root), str(finished), str(tmp_path / "x")
    for arguments, sentence in {
        (run, "--to", "inspec", "--out", out): "there is no format 'inspec': did you mean 'inspect'?",
        (suite, "--to", "lm-eval", "--out", out): "is a suite: export it to hugging-face, chat, star-bench",
        (run, "--to", "star-bench", "--out", out): "is a run: export it to parquet, csv, every-eval-ever",
        (run, "--to", "inspect"): "--to inspect needs --out",
        (run, "--to", "inspect", "--scores", "--out", out): "--scores is for the formats parquet, csv",
        (run, "--to", "csv", "--dataset", "a/b"): "--dataset is for the formats eval-results, hugging-face",
    }.items():
        done = command("export", *arguments)
        assert (done.code, sentence in done.err) == (2, True), done.err
    assert list(tmp_path.iterdir()) == []
