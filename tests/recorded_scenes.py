"""Recordings made up for tests: scenes in which one thing after another happens, glides, strikes, and rain."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import lfilter

RATE = 11_025
SCENES, GLIDES = 12, 4
#: Clips of the file ``marked.wav``, s: between the first two is less than the gap.
MARKS = "0.5-3.6 3.8-7.0 8.0-12.5"
Mono = NDArray[np.float64]


def room_tone(rng: np.random.Generator, seconds: float) -> Mono:
    """A background that drifts slowly, as that of every recording does."""
    noise = lfilter([1.0], [1.0, -0.95], rng.standard_normal(round(seconds * RATE)))
    drift = np.interp(np.arange(noise.size), np.linspace(0, noise.size, 6), rng.uniform(0.5, 2.0, 6))
    return np.asarray(noise * drift * 0.003)


def scene(rng: np.random.Generator, seconds: float) -> Mono:
    """Different sounds, each for a second or two, in random order: no sound leads to the next."""
    samples = room_tone(rng, seconds)
    at = 0.2
    while at < seconds - 1.0:
        n = min(round(rng.uniform(0.8, 2.0) * RATE), samples.size - round(at * RATE))
        time = np.arange(n) / RATE
        tone = np.sin(2 * np.pi * rng.uniform(150, 3500) * time)
        noise = lfilter([1.0], [1.0, rng.uniform(-0.9, 0.9)], rng.standard_normal(n)) * 0.3
        kind = rng.integers(3)
        sound = (tone, noise, tone * np.exp(-time * rng.uniform(2, 8)))[kind]
        first = round(at * RATE)
        samples[first : first + n] += sound * np.hanning(n) ** 0.2 * rng.uniform(0.05, 0.3)
        at += n / RATE + rng.uniform(0.0, 0.6)
    return samples


def glide(rng: np.random.Generator, seconds: float) -> Mono:
    """A hum that falls slowly: whatever is removed, edges match best in the true order."""
    pitch = np.geomspace(rng.uniform(2000, 3000), rng.uniform(100, 200), round(seconds * RATE))
    hum = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / RATE) / k for k in (1, 2, 3)) * 0.1
    return np.asarray(hum + room_tone(rng, seconds))


def rain(rng: np.random.Generator, seconds: float) -> Mono:
    """Steady: drops at random over noise."""
    n = round(seconds * RATE)
    drops = np.where(rng.random(n) < 60 / RATE, rng.standard_normal(n), 0.0)
    drop = np.exp(-np.arange(60) / 12.0) * np.sin(np.arange(60))
    return np.asarray(np.convolve(drops + np.flip(drops), drop, "same") * 0.1 + rng.standard_normal(n) * 0.02)


def strikes(rng: np.random.Generator, seconds: float) -> Mono:
    """Sudden beginnings, slow ends."""
    samples = room_tone(rng, seconds)
    for at in np.arange(0.3, seconds - 1.0, 1.1):
        time = np.arange(round(1.0 * RATE)) / RATE
        first = round(at * RATE)
        samples[first : first + time.size] += np.sin(2 * np.pi * 700 * time) * np.exp(-5 * time) * 0.3
    return samples


def write_folder(folder: Path) -> Path:
    rng = np.random.default_rng(4)
    sounds = {f"scene {k}": scene(rng, rng.uniform(11, 24)) for k in range(SCENES)}
    sounds |= {f"glide {k}": glide(rng, rng.uniform(11, 16)) for k in range(GLIDES)}
    sounds |= {"rain": rain(rng, 14.0), "rain with a kind": rain(rng, 14.0), "rain marked": rain(rng, 13.0)}
    sounds |= {"strikes": strikes(rng, 9.0), "too short": strikes(rng, 1.2), "brief": strikes(rng, 4.0)}
    # Names need letters of their own: numbers distinguish no sounds.
    words = iter("".join(letters) for letters in itertools.product("bdfgklm", "aeiou", "nprst"))
    with (folder / "labels.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "name", "licence", "kind", "caption", "marks"))
        for name, samples in sounds.items():
            file_name = f"{name.replace(' ', '_')}.wav"
            soundfile.write(folder / file_name, samples, RATE, subtype="PCM_16")
            kind = {
                "rain with a kind": "ISSE",
                "scene 0": "Tool & Appliance Operation",
                "scene 1": "XYZ",
            }.get(name, "")
            rows.writerow((
                file_name, next(words), "CC0-1.0", kind,
                "Things happen." if name == "scene 0" else "", MARKS if name == "rain marked" else "",
            ))  # fmt: skip
    return folder
