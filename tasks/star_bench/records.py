"""Records of the official data set as the fields of items."""

from __future__ import annotations

import re
from itertools import permutations
from typing import Any

from starbench.schema import Item
from starbench.suites.validate import RawRecord

TEMPORAL = "holistic_reasoning_temporal"
SPATIAL = "holistic_reasoning_spatial"
PERCEPTION = "foundation_perception"

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


def record_of(where: str, raw: Any, part: str) -> RawRecord:
    """The fields of an item from a record of a part; what the official evaluator leaves implicit is made explicit."""
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


def channels_of(item: Item) -> frozenset[int]:
    """How many channels its clips may have."""
    spatial = item.task == "Spatial Reasoning" or any(
        cue in (item.sub_category or "") for cue in _SPATIAL_CUES
    )
    return frozenset({2}) if spatial else frozenset({1, 2})
