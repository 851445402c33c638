"""What a tokenizer of minutes keeps: WavCoch in miniature, with a small AuriStream on its codes.

    python benchmarks/token_figures.py --recordings FOLDER              # 1,300 steps, seed 0
    python benchmarks/token_figures.py --recordings FOLDER --seeds 3    # and the spread over seeds
    python benchmarks/token_figures.py --steps 300 --clips 300          # without recordings, quick

A 13-bit tokenizer (STFT of 1001 samples every 80 at 16 kHz, lookup-free quantizer, 64-band cochleagram) is trained on
new single sounds of the task perception and on a folder of recordings (``.ci/recordings.py`` makes one of Debian's
packages). A quarter of the files of each kind is held out. Printed for each seed, with 95 % intervals over clips: R² of
the decoded cochleagram, codes used, the perplexity of the next code with and without context, and what linear probes
read of pitch, level, duration and azimuth from the cochleagram, the decoded tokens and the bits. The figures are of
this tokenizer. They say nothing of WavCoch's or AuriStream's own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from starbench.execution.environment import use_one_thread

use_one_thread()  # of each command


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--recordings", type=Path, help="a folder of recordings, with labels.csv for their classes"
    )
    parser.add_argument("--steps", type=int, default=1300)
    parser.add_argument("--next-steps", type=int, default=600)
    parser.add_argument(
        "--clips", type=int, default=600, help="single sounds to train on, beside the recordings"
    )
    parser.add_argument("--probe-clips", type=int, default=900, help="others, for the probes")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder to keep the tokenizers in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = arguments.out or Path(temporary)
        # Only its task is used.
        _starbench("build", "perception", "--size", 1, "--out", root / "suite")
        for seed in range(arguments.seeds):
            print(f"== seed {seed}", flush=True)
            out, suite = root / f"seed-{seed}", ("--suite", root / "suite")
            recordings = ("--recordings", arguments.recordings) if arguments.recordings else ()
            steps = ("--steps", arguments.steps, "--next-steps", arguments.next_steps)
            sounds = ("--count", arguments.clips, "--seed", seed)
            _starbench("tokens", "train", "--out", out, *suite, *recordings, *steps, *sounds)
            _starbench(
                "tokens", "report", out, *suite, "--count", arguments.probe_clips, "--seed", seed + 1000
            )


def _starbench(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "starbench", *map(str, words)], check=True)


if __name__ == "__main__":
    main()
