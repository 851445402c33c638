"""What dictionaries learn from: single sounds of a suite's task, and recordings with their kinds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from starbench.audio import Audio, decode
from starbench.diagnose.sae.activations import Piece
from starbench.diagnose.stimuli import factorial_stimuli
from starbench.errors import InputError
from starbench.recordings import Recording, load_library
from starbench.schema.sae import SaeSource
from starbench.suites.open import open_suite

#: Recordings reach the encoder in pieces of at most so many seconds.
_PIECE_S = 10.0
_LEAST_S = 0.5
TONES = "tones"
#: Kind or class of a recording -> its domain; every other is of the environment.
DOMAINS = {"instrument": "music", "music": "music", "percussion": "music", "speech": "speech"}
_OTHERS = "environment"

Sound = tuple[Piece, Callable[[], Audio]]


@dataclass(frozen=True)
class SoundRequest:
    """Which sounds: ``count`` single ones by the task of ``suite``, and those of a folder of recordings."""

    suite: str | None = None
    recordings: Path | None = None
    count: int = 400
    seed: int = 0
    domains: Mapping[str, str] = field(default_factory=dict)
    """Kind or class of a recording -> domain, before :data:`DOMAINS`."""


def sounds_of(request: SoundRequest) -> tuple[list[Sound], SaeSource]:
    """The sounds, and what they are; raises :class:`InputError` if there are none."""
    sounds: list[Sound] = []
    facts: dict[str, Any] = {}
    if request.suite is not None:
        suite = open_suite(request.suite)
        stimuli = factorial_stimuli(suite, request.seed, request.count)
        for number, clip in enumerate(stimuli.clips):
            labels = {name: _plain(values[number]) for name, values in stimuli.factors.items()}
            sounds.append((Piece(number, clip.seconds, {"domain": TONES, **labels}), lambda clip=clip: clip))  # type: ignore[misc]
        facts |= {
            "suite": suite.name,
            "suite_digest": suite.digest,
            "stimuli": len(sounds),
            "stimuli_seed": request.seed,
        }
    if request.recordings is not None:
        library = load_library(request.recordings, min_seconds=_LEAST_S, mix=True)
        first = len(sounds)
        for number, recording in enumerate(library.recordings):
            sounds += _pieces(first + number, recording, request.domains)
        facts |= {"recordings": len(library.recordings), "recordings_digest": library.identity["sha256"]}
    if not sounds:
        raise InputError("there are no sounds to learn from: give a suite, recordings, or both")
    domain_of = {piece.clip: str(piece.labels.get("domain", "unlabelled")) for piece, _ in sounds}
    source = SaeSource(
        **facts,
        seconds=round(sum(piece.seconds for piece, _ in sounds), 3),
        domains=dict(sorted(Counter(domain_of.values()).items())),
    )
    return sounds, source


def _plain(value: object) -> str | float:
    return str(value) if isinstance(value, str) else float(np.asarray(value, float))


def _pieces(number: int, recording: Recording, domains: Mapping[str, str]) -> list[Sound]:
    known = {"kind": recording.kind, "class": recording.sound_class, "name": recording.name}
    labels: dict[str, str | float] = {key: value for key, value in known.items() if value}
    words = [str(labels[key]).casefold() for key in ("kind", "class") if key in labels]
    if words:
        table = {**DOMAINS, **domains}
        labels["domain"] = next((table[word] for word in words if word in table), _OTHERS)
    count = max(round(recording.seconds / _PIECE_S + 0.49), 1)
    return [
        (Piece(number, recording.seconds / count, labels), partial(_part, recording.path, place, count))
        for place in range(count)
    ]


def _part(path: str, place: int, count: int) -> Audio:
    audio = decode(Path(path), is_material=True)
    edges = np.linspace(0, len(audio.pcm), count + 1).astype(int)
    return Audio(np.ascontiguousarray(audio.pcm[edges[place] : edges[place + 1]]), audio.rate)
