"""The floors of a suite, in ``floors.json`` beside its manifest: no part of the suite, nor of its digest."""

from __future__ import annotations

from os.path import lexists
from pathlib import Path

from pydantic import ValidationError

from starbench.errors import SuiteError
from starbench.schema.floors import SuiteFloors
from starbench.storage.atomic import write_lines
from starbench.storage.inputs import read_json
from starbench.storage.records import as_json
from starbench.suites.suite import MANIFEST, Suite
from starbench.text import validation_problem

FLOORS = "floors.json"


def read_floors(suite: Suite) -> SuiteFloors | None:
    """The floors that were measured of this very suite; None if there are none, or they are another one's.

    Raises :class:`SuiteError` if the file is damaged.
    """
    path = suite.root / FLOORS
    if not (lexists(path) and lexists(suite.root / MANIFEST)):
        return None
    try:
        floors = SuiteFloors.model_validate(read_json(path, SuiteError))
    except ValidationError as error:
        raise SuiteError(
            f"{path} is damaged ({validation_problem(error)}): measure again with starbench floors {suite.root}, "
            "or delete it"
        ) from error
    return floors if floors.digest == suite.digest else None


def write_floors(root: Path, floors: SuiteFloors) -> Path:
    """Write the floors of the suite in the directory ``root``; raises :class:`SuiteError` if the disk refuses them."""
    path = root / FLOORS
    try:
        write_lines(path, [as_json(floors, indent=1)])
    except OSError as error:
        raise SuiteError(f"{path} cannot be written ({error.strerror}): make room") from error
    return path
