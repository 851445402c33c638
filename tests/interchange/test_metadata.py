"""``metadata.jsonl`` is a table that other programs open with their defaults; both versions are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import exported
import pandas
import polars
import pytest

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.suites import suite as suites
from starbench.suites.metadata import item_fields, metadata_lines
from starbench.suites.suite import Suite

TEXTS = ("option_orders", "mirror", "captions", "truth")


@pytest.fixture(params=["perception", "spatial"])
def suite(request: pytest.FixtureRequest) -> Suite:
    found: Suite = request.getfixturevalue(request.param)
    return found


def assert_holds(rows: list[dict[str, Any]], items: Mapping[str, Item]) -> None:
    """That rows of a table say what the items say, every field of them."""
    assert {row["id"] for row in rows} == set(items)
    for row in rows:
        fields = items[row["id"]].model_dump(mode="json", by_alias=True)
        said = {name: json.loads(row[name]) if name in TEXTS else row[name] for name in fields}
        assert said == fields


def by_id(suite: Suite) -> dict[str, Item]:
    return {item.id: item for item in suite.items}


def test_what_made_a_column_change_its_type_is_there(spatial: Suite) -> None:
    """Else the tests below would pass with the truth as it is."""
    kinds = {type(item.truth["planned"].get("answer")) for item in spatial.items}
    assert {str, float} <= kinds or {str, int} <= kinds


def test_polars_reads_every_item_with_its_defaults(suite: Suite) -> None:
    table = polars.read_ndjson(suite.root / "metadata.jsonl")
    assert {table[name].dtype for name in TEXTS} == {polars.String}
    assert_holds(table.to_dicts(), by_id(suite))


def test_pandas_reads_every_item_with_its_defaults(suite: Suite) -> None:
    table = pandas.read_json(suite.root / "metadata.jsonl", lines=True)
    rows = [
        {name: None if isinstance(value, float) and value != value else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]
    assert_holds(rows, by_id(suite))


_DATASETS = """
import json, sys, datasets
datasets.disable_progress_bars()
try:
    import torchcodec
except (ImportError, RuntimeError):
    # It wants torchcodec to encode sounds, and asks for it also where a path leaves nothing to encode.
    datasets.Audio.encode_example = lambda self, path: {"bytes": None, "path": path}
root, cache, *how = sys.argv[1:]
given = {"data_files": f"{root}/metadata.jsonl"} if how == ["json"] else {"data_dir": root}
data = datasets.load_dataset(*(how or [root]), **({} if not how else given), cache_dir=cache)
(data,) = data.values()
sounds = []
if how != ["json"]:
    import soundfile
    data = data.cast_column("audio", datasets.Audio(decode=False))
    data = data.cast_column("clips", datasets.List(datasets.Audio(decode=False)))
    for row in data:
        assert row["audio"] == row["clips"][0]
        sounds.append([[one["path"], soundfile.info(one["path"]).channels] for one in row["clips"]])
    data = data.remove_columns(["audio", "clips"])
print(json.dumps({"rows": list(data), "sounds": sounds}))
"""


@pytest.mark.interchange
@pytest.mark.parametrize("how", ["audiofolder", "json", ""])
def test_hugging_face_datasets_reads_every_item_and_all_its_channels(
    suite: Suite, how: str, tmp_path: Path
) -> None:
    exported.needs("datasets", "soundfile")
    found = exported.read(_DATASETS, suite.root, tmp_path, *filter(None, [how]))
    assert_holds(found["rows"], by_id(suite))
    for row, sounds in zip(found["rows"], found["sounds"], strict=False):
        paths = by_id(suite)[row["id"]].audio_paths
        assert [Path(path).name for path, _ in sounds] == [Path(path).name for path in paths]
        assert [channels for _, channels in sounds] == [suite.clips[path].channels for path in paths]
    assert how == "json" or len(found["sounds"]) == len(suite.items)


def late(number: int) -> Item:
    """An item that states most fields only beyond the lines that a type is inferred from."""
    fields: dict[str, Any] = {
        "id": f"item_{number}",
        "task": "T",
        "question": "Which?",
        "options": ("one", "two"),
        "answer": "two",
        "audio_paths": ("a.wav",),
    }
    if number >= 120:
        fields |= {"level": 2, "level_unit": "dB", "flags": ("late",), "mirror": {"one": "two", "two": "one"}}
    if number == 140:
        fields |= {"category": "C", "source": "S", "rotations": 1, "abstain": 0, "bandwidth_hz": 4000}
    return Item.model_validate(fields)


def test_a_column_that_is_empty_for_a_hundred_lines_keeps_what_follows(tmp_path: Path) -> None:
    items = {item.id: item for item in map(late, range(150))}
    path = tmp_path / "metadata.jsonl"
    path.write_text("".join(f"{line}\n" for line in metadata_lines(items.values())), "utf-8")
    assert_holds(polars.read_ndjson(path).to_dicts(), items)


def test_lines_stand_in_the_order_of_the_items_where_no_column_is_late() -> None:
    ids = [json.loads(line)["id"] for line in metadata_lines(map(late, range(100)))]
    assert ids == [f"item_{number}" for number in range(100)]


def test_a_suite_of_version_1_is_read_and_is_the_same_suite(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "audio").symlink_to(suite.root / "audio")
    manifest = json.loads((suite.root / "suite.json").read_text("utf-8"))
    assert manifest.pop("format_version") == 2
    (tmp_path / "suite.json").write_text(json.dumps(manifest), "utf-8")
    lines = [
        json.dumps(
            {"file_name": item.audio_paths[0]}
            | item.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        )
        for item in suite.items
    ]
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    # The sounds lie outside the folder, so the links are made inside of it.
    (tmp_path / "audio").unlink()
    (tmp_path / "audio").mkdir()
    for path in suite.clips:
        (tmp_path / path).hardlink_to(suite.root / path)
    found = suites.read(tmp_path)
    assert found.items == suite.items
    assert found.digest == suite.digest == manifest["digest"]


def test_a_suite_of_a_later_version_is_refused(suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "suite.json").write_text('{"format_version": 3}', "utf-8")
    with pytest.raises(
        SuiteError, match="has format version 3, and this starbench reads up to 2: install a newer"
    ):
        suites.read_manifest(tmp_path)
    (tmp_path / "suite.json").write_text('{"format_version": "2"}', "utf-8")
    with pytest.raises(SuiteError, match="format_version must be a JSON number"):
        suites.read_manifest(tmp_path)


def test_a_text_that_is_not_json_is_named_with_its_line(spatial: Suite, tmp_path: Path) -> None:
    lines = (spatial.root / "metadata.jsonl").read_text("utf-8").splitlines()
    (tmp_path / "suite.json").write_text("{}", "utf-8")
    broken = {**json.loads(lines[0]), "truth": "{half"}
    (tmp_path / "metadata.jsonl").write_text(json.dumps(broken) + "\n", "utf-8")
    with pytest.raises(SuiteError) as refused:
        suites.read(tmp_path)
    assert refused.value.problems[0].startswith(f"{broken['id']}: truth is not JSON")


def test_a_line_read_back_is_the_item(suite: Suite) -> None:
    for line, item in zip(metadata_lines(suite.items), suite.items, strict=True):
        assert Item.model_validate(item_fields(json.loads(line))) == item
