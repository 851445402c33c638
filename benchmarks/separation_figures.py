"""Separators on two talkers, then on three and in a room; a cascade with a measuring listener; phones by PocketSphinx.

Run it as ``python benchmarks/separation_figures.py FOLDER``: recorded speech, a file a talker or utterance, of 4 s or
more (Debian's asterisk-core-sounds-*-wav packages hold some: ``apt-get download``, ``dpkg -x``). Needs the extra
``cascades``. With ``--phones`` and ``espeak-ng`` on the path, words that it speaks are recognised, too. Every figure
has its seed and a 95 % interval over scenes, items or utterances; those of three talkers and of rooms have no bar.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from starbench.api import build_suite
from starbench.audio import decode
from starbench.diagnose.separation.answers import cascades
from starbench.diagnose.separation.phones import phone_errors
from starbench.diagnose.separation.record import separation
from starbench.errors import AudioError
from starbench.execution.environment import use_one_thread
from starbench.reporting.separation import show
from starbench.schema import Item
from starbench.suites.open import open_suite
from starbench.suites.stems import StemLibrary
from starbench.synthesis import BuildPlan, BuildSpec, Draft, Recipe, generator

HERE = Path(__file__).resolve()
SECONDS, RATE_HZ, SEED = 2.5, 16_000, 0
SEPARATORS = ("none", "ilrma", "ratio-mask", "ipd-mask", "auxiva")
#: Speakers and reverberation time, s, of each set of scenes.
SETS = ((2, None), (2, 0.4), (3, None))


class Talkers:
    """Scenes of talkers on one level, 18 degrees apart or more: options ``folder``, ``talkers``, ``rt60``."""

    attributes = ("talkers",)
    profiles = ("default",)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        files = list(_speech(Path(spec.options["folder"])))
        if len(files) < 2:
            raise SystemExit("the folder holds fewer than two sounds of 4 s")
        return BuildPlan(tuple(_draft(k, files, spec) for k in range(spec.size or 30)), "starbench")


def _speech(folder: Path) -> Iterator[tuple[Path, str, float]]:
    for path in sorted(folder.iterdir()):
        try:
            seconds = decode(path, is_material=True).seconds
        except AudioError:
            continue
        if seconds > SECONDS + 1.5:
            yield path, sha256(path.read_bytes()).hexdigest(), seconds


def _draft(number: int, files: Sequence[tuple[Path, str, float]], spec: BuildSpec) -> Draft:
    n, rt60 = int(spec.options["talkers"]), float(spec.options.get("rt60", 0.0))
    rng = generator(spec.seed, "talkers", str(number), str(n))
    azimuths = rng.uniform(-60.0, 60.0, n)
    while np.diff(np.sort(azimuths)).min() < 18.0:
        azimuths = rng.uniform(-60.0, 60.0, n)
    sources = []
    for k, azimuth_deg in zip(rng.permutation(len(files))[:n].tolist(), azimuths.tolist(), strict=True):
        path, digest, seconds = files[k]
        start_s = round(float(rng.uniform(0.0, seconds - SECONDS - 0.1)), 3)
        signal = {
            "kind": "recording",
            "path": str(path),
            "digest": digest,
            "start_s": start_s,
            "duration_s": SECONDS,
        }
        sources.append(
            {"signal": signal, "onset_s": 0.2, "at": {"azimuth_deg": azimuth_deg % 360}, "level_db_spl": 60.0}
        )
    parameters: dict[str, Any] = {
        "sources": sources,
        "total_s": SECONDS + 0.5 + rt60,
        "rate": RATE_HZ,
        "stems": True,
    }
    if rt60:
        parameters["room"] = {"size_m": (6.0, 5.0, 3.0), "rt60_s": rt60, "listener_m": (3.0, 2.5, 1.5)}
    item = Item.model_validate(
        {
            "id": f"talkers_{number:04d}", "task": "Talkers", "question": "How many talkers?", "options": ("2", "3"),
            "answer": str(n), "audio_paths": ("",), "truth": {"planned": {"rt60": rt60 or "none"}},
        }
    )  # fmt: skip
    return Draft(item, (Recipe("scene", parameters),))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scenes", type=int, default=30)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--phones", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for n, rt60 in SETS:
            _talkers(arguments.folder, arguments.scenes, n, rt60, Path(scratch) / f"{n}-{rt60}")
        _cascade(arguments.items, Path(scratch))
        if arguments.phones:
            _phones(Path(scratch))


def _talkers(folder: Path, scenes: int, n: int, rt60: float | None, out: Path) -> None:
    print(f"\n{n} talkers, {'no reverberation' if rt60 is None else f'T60 {rt60} s'}, seed {SEED}")
    options = {"folder": folder, "talkers": n, **({} if rt60 is None else {"rt60": rt60})}
    build_suite(f"{HERE}:Talkers", out, size=scenes, seed=SEED, workers=1, **options)
    show(separation(StemLibrary(open_suite(str(out))), SEPARATORS, seed=SEED))


def _cascade(items: int, scratch: Path) -> None:
    """Is the higher-pitched source left or right? A listener that measures, in all three ways."""
    from starbench.engine.settings import settings_of
    from starbench.planning.plan import Request, plan_run
    from starbench.runs.attempt import ask_all
    from starbench.runs.load import load
    from starbench.runs.run_record import RunRecord

    print(f"\nhigher-pitched side, {items} items, seed {SEED}")
    plugin, out = HERE.with_name("two_sounds.py"), scratch / "two"
    suite = build_suite(f"{plugin}:HigherPitchedSide", out, size=items, seed=SEED, workers=1)
    model, runs = f"{plugin}:StreamListener", {}
    for name, one in cascades(model, {}, ["ipd-mask"], str(out), 2).items():
        path = scratch / f"run-{name}"
        ask_all(RunRecord(plan_run(Request((suite,)), one), path), one, settings_of(one, canary=False))
        runs[name] = load(path)
    show(
        separation(StemLibrary(suite), ["ipd-mask"], seed=SEED, model="StreamListener", sources=2, runs=runs)
    )


WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "twenty", "hundred", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "January",
    "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    "morning", "evening", "number", "message", "please", "welcome", "again", "service", "office", "today",
    "tomorrow", "yesterday", "hello", "seventy", "eighty"
]  # fmt: skip


def _phones(scratch: Path) -> None:
    """Words by espeak-ng, clean and with another word over them; the reference is espeak-ng's own IPA."""
    from starbench.models.processor import resolve_recogniser

    spoken, references = [], []
    for word in WORDS:
        path = scratch / f"{word}.wav"
        ipa = subprocess.run(
            ["espeak-ng", "-v", "en-us", "--ipa", "-w", str(path), word],
            check=True,
            capture_output=True,
            text=True,
        )
        spoken.append(decode(path, is_material=True))
        references.append(ipa.stdout.strip())
    recogniser = resolve_recogniser("pocketsphinx:phones")
    for snr_db in (None, 10.0, 0.0):
        texts = []
        for number, clip in enumerate(spoken):
            samples = clip.samples.astype(np.float64)
            if snr_db is not None:
                other = np.resize(
                    spoken[(number + 17) % len(spoken)].samples.astype(np.float64), samples.shape
                )
                samples = samples + other * samples.std() / other.std() * 10.0 ** (-snr_db / 20.0)
            texts.append(asyncio.run(recogniser(samples * 0.5, clip.rate)))
        condition = "clean" if snr_db is None else f"one competing word at {snr_db:g} dB"
        result = phone_errors("pocketsphinx:phones", references, texts, condition=condition, seed=SEED)
        print(
            f"{condition}: PER {100 * result.per.value:.0f} % {_percent(result.per.interval)}, "
            f"PFER {100 * result.pfer.value:.0f} % {_percent(result.pfer.interval)}, {result.utterances} words"
        )


def _percent(limits: tuple[float, float]) -> str:
    return f"[{100 * limits[0]:.0f}, {100 * limits[1]:.0f}]"


if __name__ == "__main__":
    use_one_thread()
    sys.exit(main())
