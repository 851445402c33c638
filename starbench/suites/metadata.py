"""The lines of a suite's ``metadata.jsonl``: a table that other programs open as it stands.

Hugging Face ``datasets``, polars and pandas infer the type of each column from the first lines. So each line has every
column, and a column has one type: what may have any shape (``truth``, …) is a text that holds JSON. Version 1 had it as
JSON within the line, and left out what an item did not state; its suites are still read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from starbench.errors import InputError
from starbench.schema import Item
from starbench.storage.inputs import parse_json

#: Of a suite's directory, as its manifest states it.
FORMAT_VERSION = 2
#: Columns that ``audiofolder`` makes sounds of: the first clip, and all of them.
_SOUNDS = ("file_name", "clips_file_names")
#: Columns that hold JSON as a text.
_JSON_TEXTS = ("option_orders", "mirror", "captions", "truth")
#: Lines that polars infers types from.
_INFERRED_FROM = 100


def metadata_line(item: Item) -> str:
    """The line of an item, ``file_name`` first."""
    fields = item.model_dump(mode="json", by_alias=True)
    texts = {name: json.dumps(fields[name], ensure_ascii=False) for name in _JSON_TEXTS}
    sounds = dict(zip(_SOUNDS, (item.audio_paths[0], item.audio_paths), strict=True))
    return json.dumps({**sounds, **fields, **texts}, ensure_ascii=False)


def metadata_lines(items: Iterable[Item]) -> list[str]:
    """The lines of a whole suite, in the order of its items unless a column would show its type too late."""
    items = tuple(items)
    first: dict[str, int] = {}
    for number, item in enumerate(items):
        for name, value in item:
            if value is not None and value != ():
                first.setdefault(name, number)
    early = sorted({number for number in first.values() if number >= _INFERRED_FROM})
    rest = (number for number in range(len(items)) if number not in early)
    return [metadata_line(items[number]) for number in (*early, *rest)]


def item_fields(columns: dict[str, Any]) -> dict[str, Any]:
    """The fields of an item from the columns of a line, of either version; :class:`InputError` if one is not JSON."""
    fields = {name: value for name, value in columns.items() if name not in _SOUNDS}
    for name in _JSON_TEXTS:
        if isinstance(fields.get(name), str):
            fields[name] = parse_json(fields[name], name, InputError)
    return fields
