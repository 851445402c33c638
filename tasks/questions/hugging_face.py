"""Data sets of Hugging Face's library ``datasets``: from the hub by name, or in a folder that it wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.storage.tables import READERS, Row
from starbench.text import suggestion

#: owner/name@revision#config/split; of a folder, folder#split.
_SOURCE = re.compile(
    r"(?P<name>[^#@]+)(?:@(?P<revision>[^#]+))?(?:#(?:(?P<config>[^/]+)/)?(?P<split>[^/]+))?"
)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
#: What ``save_to_disk`` leaves in its folders.
_SAVED = ("dataset_dict.json", "dataset_info.json")
#: The split that is asked where none is named and there are several.
_USUAL_SPLIT = "test"
#: Rows that are in memory at a time: each may hold a clip.
_SLICE = 64


def is_data_set(source: str) -> bool:
    """Whether a source can only be a data set: a folder that ``datasets`` wrote, or no path and a name of the hub."""
    name = source.partition("#")[0]
    folder = Path(name).expanduser()
    if folder.exists():
        return folder.is_dir() and (
            any((folder / one).is_file() for one in _SAVED) or any(folder.glob("*/*.parquet"))
        )
    return bool(_REPOSITORY.fullmatch(name.partition("@")[0])) and folder.suffix.lower() not in READERS


def read_data_set(source: str) -> tuple[Iterator[Row], Path, dict[str, Any]]:
    """The rows of a data set, the path that names it, and what its identity is: where it is from, commit and split.

    Raises a SuiteError if it cannot be read, or has several configurations or splits and none is named.
    """
    match = _SOURCE.fullmatch(source)
    if match is None:
        raise SuiteError(f"{source} is not the name of a data set: write owner/name@revision#config/split")
    try:
        import datasets
    except ImportError as error:
        absent = (
            "" if Path(source.partition("#")[0]).expanduser().exists() else "there is no such file here; "
        )
        raise SuiteError(
            f"{source}: {absent}reading a data set of Hugging Face needs pip install 'starbench[datasets]'"
        ) from error
    name, revision, config, split = match.group("name", "revision", "config", "split")
    folder = Path(name).expanduser()
    identity = {"source": "local folder"}
    try:
        if any((folder / one).is_file() for one in _SAVED):
            found = datasets.load_from_disk(str(folder))
        else:
            if not folder.is_dir():
                identity = {"source": name, "revision": (revision := _commit(name, revision))}
            found = datasets.load_dataset(name, config, revision=revision)
    except Exception as error:  # whatever a library raises that reads every format from anywhere
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise SuiteError(f"the data set {source} cannot be read: {reason}") from error
    if isinstance(found, dict):
        split = split or (next(iter(found)) if len(found) == 1 else _USUAL_SPLIT)
        if split not in found:
            raise SuiteError(f"{name} has no split {split!r}: name one by #SPLIT; {suggestion(split, found)}")
        found = found[split]
    identity |= {key: value for key, value in (("config", config), ("split", split)) if value}
    return _rows(found, folder.name), folder, identity


def _commit(repository: str, revision: str | None) -> str:
    """The commit of a branch, which moves, so that it never becomes part of a run's identity."""
    if revision and _COMMIT.fullmatch(revision):
        return revision
    from huggingface_hub import HfApi

    return str(HfApi().dataset_info(repository, revision=revision).sha)


def _rows(data_set: Any, name: str) -> Iterator[Row]:
    """The rows as they are stored: sounds as the bytes or the path that ``Audio(decode=False)`` gives.

    Decoded, a sound would be an array that may have been mixed to one channel, and a picture would be decoded, too.
    """
    labels = {column: kind.names for column, kind in data_set.features.items() if hasattr(kind, "int2str")}
    number = 0
    for batch in data_set.with_format("arrow").iter(batch_size=_SLICE):
        for cells in batch.to_pylist():
            for column, names in labels.items():
                cells[column] = names[cells[column]] if cells[column] is not None else None
            yield Row(f"{name}: row {number}", cells)
            number += 1
