"""How fast stimuli are made: audio-seconds per CPU-second, beside installable peers, in one process.

    python benchmarks/synth.py                # everything, 5 s clips at 48 kHz, RT60 0.4 s, a fresh room each
    python benchmarks/synth.py --repeat 10 --rt60 0.2,0.4,0.8,1.2

Each of our rows is the whole way: random parameters, synthesis with its truth and dither, 16 bits, a WAV
file on disk. Peers are timed for their own part only (response and convolution), which favours them.
CPU seconds are those of this process, which is set up as a worker of ``starbench build`` is (one thread,
memory kept). The last table compares two processes at once with a control that does nothing but plain
NumPy, since a machine's second core is rarely a whole one.
"""

from __future__ import annotations

import os
import sys

from starbench.execution.processes import KEPT_MEMORY, ONE_THREAD

if not KEPT_MEMORY.items() <= os.environ.items():  # what a worker of a build starts with
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD, **KEPT_MEMORY})

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from starbench.audio import Audio, quantise
from starbench.plugins import registry
from starbench.synthesis import generator

SECONDS = 5.0
RATE = 48_000
Parameters = dict[str, Any]


def room(rng: np.random.Generator, rt60_s: float) -> Parameters:
    size = np.array([6.0, 5.0, 3.0]) + rng.uniform(-0.2, 0.2, 3)
    middle = size / 2 + rng.uniform(-0.4, 0.4, 3)
    return {
        "size_m": size.tolist(),
        "rt60_s": rt60_s,
        "listener_m": middle.tolist(),
        "facing_deg": float(rng.uniform(0, 360)),
    }


def standing(rng: np.random.Generator) -> Parameters:
    return {
        "at": {
            "azimuth_deg": float(rng.uniform(0, 360)),
            "elevation_deg": float(rng.uniform(-10, 10)),
            "distance_m": float(rng.uniform(1.0, 1.6)),
        }
    }


def moving(rng: np.random.Generator) -> Parameters:
    start = float(rng.uniform(-90, -60))
    return {"path": {"kind": "arc", "from_deg": start, "to_deg": start + 120.0, "distance_m": 1.4}}


def scene(rng: np.random.Generator, where: Parameters, rt60_s: float | None, form: str) -> Parameters:
    noise = {"kind": "noise", "duration_s": SECONDS - (0.1 if rt60_s is None else 0.6)}
    return {
        "format": form,
        "rate": RATE,
        "total_s": SECONDS,
        "room": None if rt60_s is None else room(rng, rt60_s),
        "sources": [{"signal": noise, "onset_s": 0.05, "level_db_spl": 65.0, **where}],
    }


def tones(rng: np.random.Generator) -> Parameters:
    tone = {"duration_s": 1.0, "level_db_spl": 60.0}
    pair = [{"f0_hz": float(rng.uniform(500, 2000)), **tone} for _ in range(2)]
    return {"tones": pair, "onsets_s": [0.2, 3.0], "total_s": SECONDS, "rate": RATE}


def ours(rt60_s: float) -> dict[str, tuple[str, Callable[[np.random.Generator], Parameters]]]:
    return {
        "tones": ("tone-pair", tones),
        "binaural dry": ("scene", lambda rng: scene(rng, standing(rng), None, "binaural")),
        "binaural room": ("scene", lambda rng: scene(rng, standing(rng), rt60_s, "binaural")),
        "two-microphone room": ("scene", lambda rng: scene(rng, standing(rng), rt60_s, "array")),
        "FOA room": ("scene", lambda rng: scene(rng, standing(rng), rt60_s, "foa")),
        "moving dry": ("scene", lambda rng: scene(rng, moving(rng), None, "binaural")),
        "moving in a room": ("scene", lambda rng: scene(rng, moving(rng), rt60_s, "binaural")),
    }


BARS = {
    "tones": 500,
    "binaural dry": 350,
    "binaural room": 120,
    "two-microphone room": 100,
    "FOA room": 60,
    "moving dry": 150,
    "moving in a room": 35,
}


@cache
def synthesizer(name: str) -> Any:
    return registry.load("synthesizers", name)


def make(name: str, parameters: Parameters, seed: int, out: Path) -> None:
    stimulus = synthesizer(name)(rng=generator(seed, "clip"), **parameters)
    out.write_bytes(Audio(quantise(stimulus.samples), stimulus.rate).wav)


def per_cpu_second(work: Callable[[int], None], repeat: int) -> float:
    """Median of audio-seconds per CPU-second over ``repeat`` clips, after two that warm the caches."""
    work(-1)
    work(-2)
    spent = []
    for number in range(repeat):
        started = time.process_time()
        work(number)
        spent.append(time.process_time() - started)
    return SECONDS / statistics.median(spent)


# --- peers ------------------------------------------------------------------------------------------


def pyroomacoustics_room(rt60_s: float, channels: int) -> Callable[[int], None]:
    import pyroomacoustics as pra

    pra.constants.set("num_threads", 1)

    def work(seed: int) -> None:
        rng = np.random.default_rng(abs(seed))
        asked = room(rng, rt60_s)
        absorption, order = pra.inverse_sabine(rt60_s, asked["size_m"])
        box = pra.ShoeBox(asked["size_m"], fs=RATE, materials=pra.Material(absorption), max_order=order)
        middle = np.array(asked["listener_m"])
        box.add_source(middle + np.array([1.2, 0.3, 0.1]), signal=rng.standard_normal(int(SECONDS * RATE)))
        apart = np.zeros((3, channels))
        apart[1] = np.linspace(-0.09, 0.09, channels)
        box.add_microphone(middle[:, None] + apart)
        box.simulate()

    return work


def plain_numpy_tones(seed: int) -> None:
    import soundfile

    rng = np.random.default_rng(abs(seed))
    t = np.arange(round(SECONDS * RATE)) / RATE
    soundfile.write(os.devnull, 0.1 * np.sin(2 * np.pi * rng.uniform(500, 2000) * t), RATE, format="WAV")


def peers(rt60_s: float) -> dict[str, Callable[[], Callable[[int], None]]]:
    return {
        "tones: one plain NumPy sine, soundfile": lambda: plain_numpy_tones,
        "two-microphone room: pyroomacoustics": lambda: pyroomacoustics_room(rt60_s, 2),
        "four-microphone room: pyroomacoustics": lambda: pyroomacoustics_room(rt60_s, 4),
    }


# --- two processes ------------------------------------------------------------------------------------


def control(count: int) -> float:
    """Plain NumPy of the same kind of work: random numbers and Fourier transforms."""
    rng = np.random.default_rng(0)
    started = time.perf_counter()
    for _ in range(count):
        np.fft.irfft(np.fft.rfft(rng.standard_normal(round(SECONDS * RATE))))
    return time.perf_counter() - started


def clips(count: int) -> float:
    kind, parameters = ours(0.4)["binaural room"]
    with tempfile.TemporaryDirectory() as folder:
        make(kind, parameters(np.random.default_rng(0)), 0, Path(folder) / "x.wav")
        started = time.perf_counter()
        for number in range(count):
            make(kind, parameters(np.random.default_rng(number)), number, Path(folder) / "x.wav")
        return time.perf_counter() - started


def gain_of_two(work: Callable[[int], float], count: int) -> float:
    """Throughput of two processes over that of one, both working alone on the machine."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(work, [1, 1]))  # both are up and warm
        alone = pool.submit(work, count).result()
        together = max(pool.map(work, [count, count]))
    return 2.0 * alone / together


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--rt60", default="0.4", help="reverberation times of the rooms, s")
    parser.add_argument("--no-processes", action="store_true", help="leave the two-process table out")
    asked = parser.parse_args()
    for rt60_s in (float(part) for part in asked.rt60.split(",")):
        print(f"\nRT60 {rt60_s:g} s, clips of {SECONDS:g} s at {RATE} Hz, audio-seconds per CPU-second")
        with tempfile.TemporaryDirectory() as folder:
            for row, (kind, parameters) in ours(rt60_s).items():

                def work(seed: int, kind: str = kind, parameters: Any = parameters) -> None:
                    rng = np.random.default_rng(abs(seed))
                    make(kind, parameters(rng), abs(seed), Path(folder) / "clip.wav")

                speed = per_cpu_second(work, asked.repeat)
                print(f"  {row:42} {speed:8.0f}   (asked: {BARS[row]})")
        for row, peer in peers(rt60_s).items():
            try:
                print(f"  {row:42} {per_cpu_second(peer(), max(3, asked.repeat // 5)):8.0f}")
            except ImportError as error:
                print(f"  {row:42}  not installed ({error.name})")
    if not asked.no_processes:
        ours_gain, control_gain = gain_of_two(clips, 60), gain_of_two(control, 200)
        print(
            f"\ntwo processes over one: ours {ours_gain:.2f}, plain NumPy {control_gain:.2f}, "
            f"ratio {ours_gain / control_gain:.2f} (asked: 0.95)"
        )


if __name__ == "__main__":
    main()
