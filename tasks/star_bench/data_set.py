"""STAR-Bench itself: the official data set, from a local folder or the Hugging Face hub.

The layout is the authors' (``meta_info/*.json`` and ``starbench_audios/``; the data are CC BY-NC 4.0 and
never shipped with starbench). Records are read unchanged. What the official evaluator leaves implicit is made
explicit here: the order that each option states, where the clip orders of an item start, which option
abstains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations
from os.path import expanduser, lexists
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.schema.imported import PredictionSet
from starbench.storage.inputs import read_json
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records

from ..hub import download
from . import predictions

HUB_REPOSITORY = "internlm/STAR-Bench"
META = "meta_info"
TEMPORAL = "holistic_reasoning_temporal"
SPATIAL = "holistic_reasoning_spatial"
PERCEPTION = "foundation_perception"

#: Name of a task -> its file.
_PARTS = {
    "Foundational Acoustic Perception": PERCEPTION,
    "Spatial Reasoning": SPATIAL,
    "Temporal Reasoning": TEMPORAL,
}

#: STAR-Bench asks reasoning items in three rotations, and perception items in every rotation of their
#: options.
_REASONING_ROTATIONS = 3
#: The position in this list decides, with an item's number, where its clip orders start (official evaluator).
_TEMPORAL_TYPES = ("OSM", "ISSE", "TAO", "DSS", "ETC")
_TEMPORAL_CLIPS = 3
_ABSTENTIONS = frozenset({"unable to determine", "i don't know"})
_ORDER = re.compile(r"clip (\d+)(?: -> clip (\d+))+")
_SPATIAL_CUES = ("azimuth", "elevation", "distance")
#: The fields that are read of a record. Others are ignored, whatever they contain.
_FIELDS = frozenset(
    {
        "id", "task", "category", "sub-category", "question", "options", "answer", "audio_paths", "source",
        "global_caption", "uncut_audio_path",
    }
)  # fmt: skip


class StarBench:
    """The official STAR-Bench data set: ``star-bench:FOLDER``, or ``star-bench:OWNER/NAME@REVISION``."""

    def load(self, source: str, *, skip_bad: bool = False) -> Suite:
        """Read and check the data set.

        ``source`` is a folder in the official layout, a hub repository with an optional ``@revision``, or
        nothing for the official repository. With ``skip_bad``, damaged items are left out and listed.

        Raises a SuiteError if there is no such data set, or it is damaged; it lists every bad item.
        """
        root, boundary = Path(expanduser(source)), None
        origin: dict[str, Any] = {"source": "local folder"}
        if not source or not root.exists():
            root, boundary, origin = download(
                source or HUB_REPOSITORY, (f"{META}/*.json", "starbench_audios/**")
            )
        records = list(_records(root))
        intake = validate_records(records, root, skip_bad=skip_bad, channels=_channels, boundary=boundary)
        return Suite(
            name="star-bench",
            root=root,
            items=intake.items,
            clips=intake.clips,
            default_protocol="star-bench",
            official_protocol="star-bench",
            licence="CC BY-NC 4.0",
            skipped=intake.problems,
            spec=origin,
            boundary=boundary,
        )

    def read_predictions(self, path: Path) -> Iterator[PredictionSet]:
        """What the official evaluator wrote of a model: its ``infer_results.jsonl``, or a folder of them."""
        yield predictions.read_predictions(
            path, lambda where, raw: _record(where, raw, _PARTS.get(raw["task"], ""))
        )


def _records(root: Path) -> Iterator[RawRecord]:
    if not (root / META).is_dir():
        raise SuiteError(f"{root} is not the STAR-Bench data set: it has no folder {META}")
    for part in (PERCEPTION, SPATIAL, TEMPORAL):
        name = f"{META}/{part}.json"
        try:
            raws = _read(root / name)
        except SuiteError as error:
            yield RawRecord(name, {}, (str(error),))
            continue
        for number, raw in enumerate(raws):
            yield _record(f"{name}[{number}]", raw, part)


def _read(path: Path) -> list[Any]:
    if not lexists(path):
        raise SuiteError("file is missing")
    records = read_json(path, SuiteError, "the file")
    if not isinstance(records, list):
        raise SuiteError("must hold a JSON array of items")
    return records


def _record(where: str, raw: Any, part: str) -> RawRecord:
    if not isinstance(raw, dict):
        return RawRecord(where, {}, ("is not a JSON object",))
    fields = {name: value for name, value in raw.items() if name in _FIELDS}
    options = fields.get("options")
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        return RawRecord(where, fields, ("options: is not a list of texts",))
    abstentions = [
        i for i, option in enumerate(options) if option.strip().rstrip(".").lower() in _ABSTENTIONS
    ]
    fields["abstain"] = abstentions[0] if abstentions else None
    if part != PERCEPTION:
        fields["rotations"] = _REASONING_ROTATIONS
    return _temporal_record(where, fields, options) if part == TEMPORAL else RawRecord(where, fields)


def _temporal_record(where: str, fields: dict[str, Any], options: list[str]) -> RawRecord:
    orders = [_stated_order(option) for option in options]
    if {order for order in orders if order} != set(permutations(range(1, _TEMPORAL_CLIPS + 1))):
        return RawRecord(where, fields, ("options: do not state each order of three clips once",))
    if not isinstance(fields.get("audio_paths"), list) or len(fields["audio_paths"]) != _TEMPORAL_CLIPS:
        return RawRecord(where, fields, (f"audio_paths: needs {_TEMPORAL_CLIPS} clips",))
    name = re.fullmatch(rf".*_({'|'.join(_TEMPORAL_TYPES)})_(\d+)", str(fields.get("id")))
    if name is None:
        return RawRecord(
            where, fields, (f"id: does not end in a type ({', '.join(_TEMPORAL_TYPES)}) and a number",)
        )
    fields["option_orders"] = orders
    fields["rotation_offset"] = _TEMPORAL_TYPES.index(name[1]) + int(name[2])
    fields["answer"] = None
    return RawRecord(where, fields)


def _stated_order(option: str) -> tuple[int, ...] | None:
    if not _ORDER.fullmatch(option):
        return None
    return tuple(int(number) for number in re.findall(r"\d+", option))


def _channels(item: Item) -> frozenset[int]:
    spatial = item.task == "Spatial Reasoning" or any(
        cue in (item.sub_category or "") for cue in _SPATIAL_CUES
    )
    return frozenset({2}) if spatial else frozenset({1, 2})
