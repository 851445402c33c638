"""Where the suites of runs lie on this machine: as named, or found near the runs by their digests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from starbench.errors import InputError
from starbench.runs.directory import SUITE
from starbench.runs.load import LoadedRun
from starbench.suites.open import open_suite
from starbench.suites.suite import MANIFEST, Suite, read_manifest

#: Folders that are looked into, at most: a search is a service, and must not take long.
_MOST_FOLDERS = 2000


def suites_of(
    runs: Sequence[LoadedRun], named: Sequence[str], loading: Mapping[str, Any] | None = None
) -> dict[str, Suite]:
    """Digest -> suite, as far as suites lie here.

    Those that are ``named``, and opened with ``loading`` and as the runs opened them, must be of the runs:
    :class:`InputError` names one that is not. Others are looked for beside the runs, beside their folders, and in the
    working directory.
    """
    wanted = {one.digest: one.name for data in runs for one in data.run.identity.suites}
    found = {digest: suite for data in runs for digest, suite in _own(data)}
    skip_bad = any(data.run.identity.setup.skip_bad for data in runs)
    for spec in named:
        suite = open_suite(spec, skip_bad=skip_bad, to_decode=lambda _: (), loading=loading)
        if suite.digest not in wanted:
            raise InputError(
                f"--suite {spec} is not what these runs were asked: its digest is {suite.digest[:12]}, and theirs "
                f"are {', '.join(f'{name} {digest[:12]}' for digest, name in wanted.items())}; name what they were "
                "asked, as it was then"
            )
        found[suite.digest] = suite
    for root in _near(runs) if set(wanted) - set(found) else ():
        with suppress(InputError):
            stated = read_manifest(root).get("digest")
            if stated in wanted and stated not in found:
                found[stated] = open_suite(str(root), to_decode=lambda _: ())
    return found


def _own(data: LoadedRun) -> Iterator[tuple[str, Suite]]:
    """The suite in the run's own folder, where one grew as it was asked; its items are the run's, not its digest."""
    root = data.path / SUITE
    with suppress(InputError):
        if (root / MANIFEST).is_file():
            suite = open_suite(str(root), to_decode=lambda _: ())
            known = {item.id: item for item in suite.items}
            if all(known.get(item.id) == item for item in data.items.values()):
                yield from ((one.digest, suite) for one in data.run.identity.suites)


def _near(runs: Iterable[LoadedRun]) -> Iterator[Path]:
    """Folders of suites in the working directory and in the three folders above each run, two levels down."""
    tops = dict.fromkeys([Path.cwd(), *(top for data in runs for top in data.path.resolve().parents[:3])])
    looked_into = 0
    seen: set[Path] = set()
    for top in tops:
        if top == Path(top.anchor):
            continue
        for pattern in (MANIFEST, f"*/{MANIFEST}", f"*/*/{MANIFEST}"):
            with suppress(OSError):
                for manifest in sorted(top.glob(pattern)):
                    looked_into += 1
                    if looked_into > _MOST_FOLDERS:
                        return
                    if manifest.parent not in seen:
                        seen.add(manifest.parent)
                        yield manifest.parent
