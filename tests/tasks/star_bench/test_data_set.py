"""The official data set, undamaged: records are read unchanged, and what they leave implicit is explicit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from damaged_data_set import PERCEPTION, SPATIAL, TEMPORAL, DataSet

from starbench.errors import SuiteError
from starbench.tasks.star_bench import StarBench


def test_the_samples_are_eighteen_items_as_published(samples: Path) -> None:
    suite = StarBench().load(str(samples))
    published = [
        record
        for part in (PERCEPTION, SPATIAL, TEMPORAL)
        for record in json.loads((samples / "meta_info" / f"{part}.json").read_text("utf-8"))
    ]
    assert len(suite.items) == len(published) == 18
    for item, record in zip(suite.items, published, strict=True):
        assert (item.id, item.question, list(item.options)) == (
            record["id"],
            record["question"],
            record["options"],
        )
        assert (item.answer, list(item.audio_paths)) == (record.get("answer"), record["audio_paths"])
        assert item.sub_category == record.get("sub-category")
    assert (suite.default_protocol, suite.skipped) == ("star-bench", ())


def test_what_the_records_leave_implicit_is_made_explicit(samples: Path) -> None:
    items = {item.id: item for item in StarBench().load(str(samples)).items}
    order = items["temporal_TAO_2"]
    assert order.option_orders == ((1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1), None)
    assert (order.abstain, order.rotations, order.rotation_offset) == (6, 3, 2 + 2)
    offsets = [items[f"temporal_{name}_1"].rotation_offset for name in ("OSM", "ISSE", "TAO", "DSS", "ETC")]
    assert offsets == [1, 2, 3, 4, 5]
    perception = items["range_elevation_002"]
    assert (perception.abstain, perception.rotations, perception.option_orders) == (3, None, None)
    spatial = items["spatial_000"]
    assert (spatial.abstain, spatial.rotations) == (None, 3)


def test_unknown_fields_are_tolerated_and_optional_ones_may_be_absent(data: DataSet) -> None:
    data.set(PERCEPTION, 0, annotator="anna", extra={"deep": [1]}, source=None)
    data.set(TEMPORAL, 0, global_caption=None, uncut_audio_path=None, clips_len=3)
    data.set(SPATIAL, 0, category=None, source=None)
    suite = StarBench().load(str(data.root))
    assert len(suite.items) == 18
    temporal = next(item for item in suite.items if item.id == "temporal_OSM_1")
    assert (temporal.global_caption, temporal.uncut_audio_path) == (None, None)


def test_the_order_that_an_option_states_is_read_wherever_the_option_stands(data: DataSet) -> None:
    options = data.records(TEMPORAL)[0]["options"]
    data.set(TEMPORAL, 0, options=options[::-1])
    item = next(i for i in StarBench().load(str(data.root)).items if i.id == "temporal_OSM_1")
    assert item.option_orders == (None, (3, 2, 1), (3, 1, 2), (2, 3, 1), (2, 1, 3), (1, 3, 2), (1, 2, 3))
    assert item.abstain == 0


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch], ids=["folder", "file"])
def test_what_has_no_meta_info_is_not_the_data_set(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "x")
    with pytest.raises(SuiteError, match="meta_info"):
        StarBench().load(str(tmp_path / "x"))
