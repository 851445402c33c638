"""A suite of four short clips, written to a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile


def item(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"item-{number}",
        "task": "T",
        "question": "Which?",
        "options": ["one", "two"],
        "answer": "two",
        "audio_paths": [f"audio/{number}.wav"],
        **fields,
    }


def write(root: Path, items: list[Any], **manifest: Any) -> Path:
    (root / "audio").mkdir(parents=True, exist_ok=True)
    for number in range(4):
        tone = np.full((80, 1 + number % 2), number + 1, np.int16)
        soundfile.write(root / "audio" / f"{number}.wav", tone, 8000, subtype="PCM_16")
    (root / "suite.json").write_text(json.dumps({"name": "s", **manifest}))
    lines = (line if isinstance(line, str) else json.dumps(line) for line in items)
    (root / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    return root
