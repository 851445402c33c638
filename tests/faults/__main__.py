"""``python -m tests.faults``: the long form of the campaign; writes its table into docs/reliability.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from time import monotonic

from .campaign import Verdict, run_all, table
from .kinds import all_kinds
from .world import make

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- campaign: begin -->", "<!-- campaign: end -->"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    arguments.add_argument("kinds", nargs="*", help="kinds to run, by the start of their names; default: all")
    arguments.add_argument("--cases", type=int, help="at most so many cases of each kind")
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--write", action="store_true", help=f"write the table into {DOCUMENT.name}")
    arguments.add_argument("--label", help="run only the cases of this name")
    given = arguments.parse_args()
    kinds = [kind for kind in all_kinds() if not given.kinds or kind.name.startswith(tuple(given.kinds))]
    if given.label is not None:
        kinds = [kind._replace(labels=[given.label]) for kind in kinds if given.label in kind.labels]
    if given.cases:
        kinds = [kind._replace(labels=kind.labels[: given.cases]) for kind in kinds]
    began, results = monotonic(), []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        for result in run_all(kinds, make(Path(folder)), given.workers):
            results.append(result)
            if result.verdict is not Verdict.OK:
                print(f"{result.kind} / {result.label}: {result.verdict}: {result.detail}", flush=True)
    minutes = (monotonic() - began) / 60
    text = f"{table(results)}\n\n{len(results)} cases in {minutes:.0f} minutes with {given.workers} workers."
    print(text)
    if given.write:
        before, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")
    return int(any(result.verdict is not Verdict.OK for result in results))


if __name__ == "__main__":
    sys.exit(main())
