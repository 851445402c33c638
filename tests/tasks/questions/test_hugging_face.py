"""Data sets that the library ``datasets`` wrote: as stored, with every channel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))
from tables_of_faults import wav

from starbench.errors import SuiteError
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite
from starbench.tasks.questions import Questions, hugging_face

ROWS: dict[str, list[Any]] = {
    "id": ["a", "b"],
    "question": ["Which animal?", "Which side?"],
    "choices": [["dog", "cat"], ["left", "right", "centre"]],
    "answer": ["cat", "left"],
    "audio": [{"bytes": wav(2, seed=1), "path": "a.wav"}, {"bytes": wav(2, seed=2), "path": "b.wav"}],
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return pytest.importorskip("datasets", reason="needs pip install 'starbench[datasets]'")


def _data_set(library: Any, **changed: list[Any]) -> Any:
    return library.Dataset.from_dict({**ROWS, **changed}).cast_column("audio", library.Audio(decode=False))


def _load(source: Path | str) -> Suite:
    return Questions().load(str(source))


@pytest.mark.parametrize("form", ["arrow", "splits", "parquet"])
def test_a_clip_of_two_channels_keeps_both(library: Any, tmp_path: Path, form: str) -> None:
    data_set = _data_set(library)
    folder = tmp_path / "own"
    if form == "arrow":
        data_set.save_to_disk(folder)
    elif form == "splits":
        library.DatasetDict({"train": _data_set(library, id=["x", "y"]), "test": data_set}).save_to_disk(
            folder
        )
    else:
        (folder / "data").mkdir(parents=True)
        data_set.to_parquet(folder / "data" / "test-00000-of-00001.parquet")
    suite = _load(folder)
    assert [(item.id, item.answer, len(item.options)) for item in suite.items] == [
        ("a", "cat", 2),
        ("b", "left", 3),
    ]
    store = ClipStore(suite)
    for item, stored in zip(suite.items, ROWS["audio"], strict=True):
        clip = store.get(item.audio_paths[0])
        assert clip.channels == 2
        assert clip.wav == stored["bytes"]
    assert suite.spec["source"] == "local folder"


def test_a_split_is_named_and_part_of_the_identity(library: Any, tmp_path: Path) -> None:
    splits = {"train": _data_set(library, id=["x", "y"]), "dev": _data_set(library)}
    library.DatasetDict(splits).save_to_disk(tmp_path / "own")
    suite = _load(f"{tmp_path / 'own'}#train")
    assert [item.id for item in suite.items] == ["x", "y"]
    assert suite.spec["split"] == "train"
    with pytest.raises(SuiteError, match=r"has no split 'test': name one by #SPLIT; there are train, dev"):
        _load(tmp_path / "own")


def test_labels_of_classes_are_read_as_their_names(library: Any, tmp_path: Path) -> None:
    kinds = library.ClassLabel(names=["left", "cat"])
    _data_set(library, answer=[1, 0]).cast_column("answer", kinds).save_to_disk(tmp_path / "own")
    assert [item.answer for item in _load(tmp_path / "own").items] == ["cat", "left"]


def test_a_stored_path_leads_nowhere_out_of_the_folder(
    library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "private.wav").write_bytes(wav())
    paths = [
        {"bytes": None, "path": str(tmp_path / "private.wav")},
        {"bytes": None, "path": "../private.wav"},
    ]
    # Plain fields: as an Audio column, the files would be copied into the data set as it is saved.
    library.Dataset.from_dict({**ROWS, "audio": paths}).save_to_disk(tmp_path / "own")
    with pytest.raises(SuiteError) as refused:
        _load(tmp_path / "own")
    assert len(refused.value.problems) == 2
    assert all("leads out" in problem for problem in refused.value.problems)
    assert len(Questions().load(str(tmp_path / "own"), skip_bad=True, sounds=tmp_path).items) == 1


def test_without_the_library_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(SuiteError, match=r"no such file here; .* needs pip install 'starbench\[datasets\]'"):
        _load("owner/name@main#test")


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("owner/name", True),
        ("owner/name@v1#config/test", True),
        ("owner/name.csv", False),
        ("a/b/c", False),
        ("q.csv", False),
    ],
)
def test_what_is_looked_for_on_the_hub(
    source: str, is_one: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hugging_face.is_data_set(source) is is_one
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert not hugging_face.is_data_set("owner/name"), "what lies here is read from here"


@pytest.mark.parametrize("revision", ["", "@main", f"@{'a' * 40}"])
def test_a_data_set_of_the_hub_is_pinned_to_a_commit(
    library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    """Without the hub itself: what is asked of its client, and what stands in the suite's identity."""
    import huggingface_hub

    asked: list[tuple[Any, ...]] = []
    commit = "a" * 40 if len(revision) > 40 else "c" * 40

    def info(_: Any, repository: str, revision: str | None = None) -> Any:
        asked.append((repository, revision))
        return type("Info", (), {"sha": commit})

    def load(name: str, config: str | None, *, revision: str) -> Any:
        asked.append((name, config, revision))
        return library.DatasetDict({"dev": _data_set(library)})

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", info)
    monkeypatch.setattr(library, "load_dataset", load)
    suite = _load(f"owner/name{revision}#animals/dev")
    assert suite.spec["source"] == "owner/name"
    assert suite.spec["revision"] == commit
    assert (suite.spec["config"], suite.spec["split"]) == ("animals", "dev")
    named = [] if len(revision) > 40 else [("owner/name", revision[1:] or None)]
    assert asked == [*named, ("owner/name", "animals", commit)]
    assert suite.name == "name"
