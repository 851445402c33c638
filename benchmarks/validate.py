"""What is claimed of the spatial stimuli, measured against references written apart; exits 1 on a FAIL.

    python benchmarks/validate.py                          # everything: some six minutes on one core
    python benchmarks/validate.py --quick                  # few cases, drier rooms: a quarter of a minute
    python benchmarks/validate.py --pictures docs/pictures # and the pictures of docs/validation.md

The cases are random, their seeds stand in ``validation/``: every run measures the same ones. Needs the extra
``test`` (or ``plots``, for the pictures). What each line means: docs/validation.md.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before NumPy is imported

import argparse
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from validation import attributes, heads, movement, pulses, reverberation, rooms, surfaces
from validation.table import Row, markdown


def measure(*, quick: bool) -> tuple[list[Row], dict[str, Any]]:
    """Measure everything; the rows of the table, and what pictures are drawn of by the picture's name."""
    data: dict[str, Any] = {}
    rows: list[Row] = []

    def step(name: str, find: Callable[[], Any], lines: Callable[[Any], list[Row]]) -> Any:
        started = time.process_time()
        found = find()
        rows.extend(lines(found))
        print(f"{name}: {time.process_time() - started:.1f} CPU s", file=sys.stderr)
        data[name] = found
        return found

    compared = step("rooms", lambda: rooms.found(quick), rooms.rows)
    # Of every room two positions: every image of each is summed at every frequency.
    some = [one.case for one in compared if quick or compared.index(one) % 4 == 0]
    step("pulses", lambda: pulses.found(some), pulses.rows)
    step("surfaces", lambda: surfaces.found(quick), surfaces.rows)
    step("doppler", movement.passed, movement.doppler_rows)
    step("still", lambda: movement.still(quick), movement.still_rows)
    step("attributes", lambda: attributes.found(quick), attributes.rows)
    step("head", heads.found, heads.rows)
    step("curve", heads.curve, lambda _: [])
    step("reverberation", lambda: reverberation.found(quick), reverberation.rows)
    return rows, data


def draw(data: dict[str, Any], folder: Path) -> None:
    from validation import pictures

    folder.mkdir(parents=True, exist_ok=True)
    pictures.draw_rooms(data["rooms"], folder / "validation-rooms.png")
    pictures.draw_decays(data["rooms"], folder / "validation-decay.png")
    pictures.draw_pulses(data["pulses"], folder / "validation-phases.png")
    pictures.draw_doppler(data["doppler"], folder / "validation-doppler.png")
    pictures.draw_head(data["curve"], folder / "validation-head.png")
    pictures.draw_reverberation(data["reverberation"], folder / "validation-rt60.png")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few cases")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="write the pictures there")
    asked = parser.parse_args()
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, SciPy {scipy.__version__}, {rooms.RATE} Hz, "
        f"seeds {rooms.SEED}, {pulses.SEED}, {movement.SEED}, {attributes.SEED}, {surfaces.SEED}\n"
    )
    rows, data = measure(quick=asked.quick)
    print(markdown(rows))
    if asked.pictures is not None:
        draw(data, asked.pictures)
    failed = [row.what for row in rows if row.holds is False]
    bars = sum(row.holds is not None for row in rows)
    print(f"\n{bars - len(failed)} of {bars} bars hold" + "".join(f"\nFAIL: {what}" for what in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
