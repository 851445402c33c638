"""The floors of a suite, in ``floors.json`` beside its manifest: no part of the suite, nor of its digest.

Where none were measured of a suite itself, the published ones of its design stand for them.
"""

from __future__ import annotations

from importlib.resources import files
from os.path import lexists
from pathlib import Path

from pydantic import ValidationError

from starbench.errors import SuiteError
from starbench.schema.floors import SuiteFloors
from starbench.storage.inputs import read_json
from starbench.storage.records import write_beside_suite
from starbench.suites.suite import MANIFEST, Suite
from starbench.text import slug, validation_problem

FLOORS = "floors.json"
#: What the spec of every suite has; anything else is an option of the task, and makes another design.
_PLAIN_SPEC = {"task", "attributes", "profile", "seed", "size"}


def read_floors(suite: Suite) -> SuiteFloors | None:
    """The floors that were measured of this very suite, else the published ones of its design; None if there are none.

    Raises :class:`SuiteError` if the file beside the suite is damaged.
    """
    return measured_floors(suite) or published_floors(suite)


def published_floors(suite: Suite) -> SuiteFloors | None:
    """The floors of the task's full suites of the same profile, if the suite was built without further options."""
    task, profile = suite.spec.get("task"), suite.spec.get("profile")
    if not (isinstance(task, str) and isinstance(profile, str)) or set(suite.spec) - _PLAIN_SPEC:
        return None
    path = files("starbench.suites") / "published_floors" / f"{slug(f'{task}-{profile}')}.json"
    return SuiteFloors.model_validate_json(path.read_bytes()) if path.is_file() else None


def measured_floors(suite: Suite) -> SuiteFloors | None:
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
    return write_beside_suite(root / FLOORS, floors)
