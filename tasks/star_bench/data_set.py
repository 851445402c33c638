"""STAR-Bench itself: the official data set, from a local folder or the Hugging Face hub.

The layout is the authors' (``meta_info/*.json`` and ``starbench_audios/``; the data are CC BY-NC 4.0 and
never shipped with starbench). Records are read unchanged. What the official evaluator leaves implicit is made
explicit here: the order that each option states, where the clip orders of an item start, which option
abstains.
"""

from __future__ import annotations

from collections.abc import Iterator
from os.path import expanduser, lexists
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.schema.imported import PredictionSet
from starbench.storage.inputs import read_json
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records

from ..hub import download
from . import layout, predictions
from .records import PERCEPTION, SPATIAL, TEMPORAL, channels_of, record_of

HUB_REPOSITORY = "internlm/STAR-Bench"
META = "meta_info"
#: Name of a task -> its file.
_PARTS = {
    "Foundational Acoustic Perception": PERCEPTION,
    "Spatial Reasoning": SPATIAL,
    "Temporal Reasoning": TEMPORAL,
}


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
            snapshot = download(source or HUB_REPOSITORY, (f"{META}/*.json", "starbench_audios/**"))
            root, boundary, origin = snapshot.root, snapshot.boundary, snapshot.origin
        records = list(_records(root))
        intake = validate_records(records, root, skip_bad=skip_bad, channels=channels_of, boundary=boundary)
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
            path, lambda where, raw: record_of(where, raw, _PARTS.get(raw["task"], ""))
        )

    def write(self, suite: Suite, out: Path) -> tuple[str, ...]:
        """Write any suite into the folder ``out`` in the official layout, as far as it can hold it.

        Returns a sentence for each thing that is not there. Raises a SuiteError if no item fits the layout.
        """
        return layout.write(suite, out)


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
            yield record_of(f"{name}[{number}]", raw, part)


def _read(path: Path) -> list[Any]:
    if not lexists(path):
        raise SuiteError("file is missing")
    records = read_json(path, SuiteError, "the file")
    if not isinstance(records, list):
        raise SuiteError("must hold a JSON array of items")
    return records
