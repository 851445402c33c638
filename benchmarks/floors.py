"""What listeners with one ear, one interval, levels or colours alone reach in built suites.

    python benchmarks/floors.py SUITE [SUITE ...] [--only sensitivity_azimuth,sector] [--listeners one_ear,level]

Items of the same sub-category in several suites (of other seeds) are pooled. Beside the floors stand what both ears
reach by the same classifiers (``binaural``) and what cuts on one sound's true values reach (``one_value``).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from starbench.execution.processes import available_cpus
from starbench.floors.listeners import BINAURAL, FLOORS
from starbench.floors.measure import ONE_VALUE, measure, parts_of
from starbench.suites import suite as suites


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suites", nargs="+", type=Path)
    parser.add_argument("--only", default="", help="sub-categories, separated by commas")
    parser.add_argument("--listeners", default=",".join([*FLOORS, BINAURAL, ONE_VALUE]))
    parser.add_argument("--workers", type=int, default=available_cpus())
    parser.add_argument("--details", action="store_true", help="also say which features and classifier")
    asked = parser.parse_args()
    only, listeners = set(asked.only.split(",")) - {""}, asked.listeners.split(",")
    head = " ".join(f"{name:>12s}" for name in listeners)
    print(f"{'sub-category':22s} {'n':>5s} {'chance':>6s} {head}")
    parts = [
        part
        for part in parts_of([suites.read(root) for root in asked.suites])
        if not only or part.name in only
    ]
    for part, row in measure(parts, listeners, asked.workers):
        cells = " ".join(
            f"{'–' if one is None else f'{one.accuracy:.3f}±{one.standard_error:.3f}':>12s}"
            for one in row.values()
        )
        print(f"{part.name:22s} {len(part.items):5d} {part.chance:6.2f} {cells}", flush=True)
        for listener, one in row.items():
            if asked.details and one is not None:
                print(f"    {listener}: {one.how}; highest of all attempts {one.highest:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
