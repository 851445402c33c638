"""BatchTopK dictionaries of a real encoder: how much of them depends on the seed, and how a concept is erased.

    python benchmarks/sae_figures.py --recordings FOLDER          # small: 2 × 256 features, minutes
    python benchmarks/sae_figures.py --recordings FOLDER --large  # 8 × 256 features

The encoder is Resemblyzer's second LSTM (extra ``sae``, and ``pip install --no-deps Resemblyzer``); the sounds are
single ones of task perception and a folder of recordings with labels, such as ``.ci/recordings.py`` makes. Everything
is printed with its seeds, its null and its intervals. AudioSAE trains each dictionary on 2,800 hours for 200,000
steps: nothing here confirms or refutes its figures.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import starbench
from starbench.diagnose.records import write_record
from starbench.diagnose.sae.report import report_folder
from starbench.diagnose.sae.sounds import SoundRequest
from starbench.diagnose.sae.train import SaeRequest, train_layers
from starbench.models.encoder import resolve_encoder
from starbench.reporting.sae import show
from starbench.schema.sae import SaeSettings

SMALL = SaeSettings(expansion=2, k=16, steps=1500, batch=512, learning_rate=1e-3)
LARGE = SaeSettings(expansion=8, k=24, steps=1200, batch=1024, learning_rate=1e-3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--encoder", default="resemblyzer")
    parser.add_argument("--layer", action="append")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--default", action="store_true", help="the settings of starbench sae train instead")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--count", type=int, default=400, help="of the task's sounds, beside the recordings")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    settings = SaeSettings() if given.default else LARGE if given.large else SMALL
    if given.steps:
        settings = settings.model_copy(update={"steps": given.steps})
    with TemporaryDirectory() as folder:
        root = Path(folder)
        starbench.build_suite("perception", root / "suite", attributes="pitch", size=6, workers=1)
        sounds = SoundRequest(str(root / "suite"), given.recordings, count=given.count)
        request = SaeRequest(tuple(given.layer or ["lstm2"]), sounds, settings, given.seeds)
        started = time.monotonic()
        train_layers(resolve_encoder(given.encoder), request, root / "sae")
        print(f"read and trained in {time.monotonic() - started:.0f} s")
        report = report_folder(root / "sae", ("speech", "domain"))
        print(f"measured after {time.monotonic() - started:.0f} s")
    show(report)
    if given.json:
        write_record(report, given.json)


if __name__ == "__main__":
    main()
