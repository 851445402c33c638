"""Suites as folders that are uploaded to the Hugging Face hub as they are: lines, sounds, manifest and a card.

The folder is a suite, too: our reader opens it, and its digest is that of the suite it was made from.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from os.path import lexists
from pathlib import Path
from typing import Any

from starbench.interchange.files import new_folder, yaml_text
from starbench.interchange.sounds import copied
from starbench.reporting.files import write_file
from starbench.reporting.markdown import escape
from starbench.suites.metadata import FORMAT_VERSION, metadata_lines
from starbench.suites.suite import MANIFEST, METADATA, Suite, read_manifest

CARD = "README.md"
#: Licences that the hub knows, by the names that suites state.
_LICENCES = {
    "CC0-1.0": "cc0-1.0",
    "CC BY 4.0": "cc-by-4.0",
    "CC BY-SA 4.0": "cc-by-sa-4.0",
    "CC BY-NC 4.0": "cc-by-nc-4.0",
    "MIT": "mit",
    "Apache-2.0": "apache-2.0",
}
#: Upper limits of the hub's size categories.
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
_FIELDS = {
    "audio": "the first clip (from `file_name`)",
    "clips": "every clip, in order (from `clips_file_names`)",
    "id": "name of the question",
    "task, category, sub-category": "what it is about",
    "question, options, answer": "what is asked, what can be answered, and the text of the right option",
    "audio_paths": "paths of the clips in this repository",
    "level, level_unit": "difficulty",
    "catch": "nothing is there to be heard, or no difference",
    "bandwidth_hz": "highest frequency that the answer needs",
    "flags": "what a reader of a score should know",
    "option_orders": "JSON text: the order of the clips that each option states, where that is asked",
    "mirror": "JSON text: option, and the one that is right for it once the ears are swapped",
    "captions": "JSON text: grade, and one caption for each clip",
    "truth": "JSON text: what was physically put in; not for a model",
}


def write(suite: Suite, out: Path, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the folder ``out``; option ``dataset`` is the name that it will have on the hub."""
    with new_folder(out) as folder:
        write_file(folder / METADATA, "".join(f"{line}\n" for line in metadata_lines(copied(suite, folder))))
        write_file(folder / MANIFEST, json.dumps(_manifest(suite), indent=2, ensure_ascii=False) + "\n")
        write_file(folder / CARD, card(suite, options.get("dataset")))
    return (f"{len(suite.items)} items, {len(suite.clips)} clips, digest {suite.digest[:12]}: {out}",)


def _manifest(suite: Suite) -> dict[str, Any]:
    """The manifest it was built with, or one that says where it came from."""
    kept = read_manifest(suite.root) if lexists(suite.root / MANIFEST) else {}
    return kept | {
        "format_version": FORMAT_VERSION,
        "name": suite.name,
        "profile": suite.profile,
        "default_protocol": suite.default_protocol,
        "licence": suite.licence,
        "digest": suite.digest,
        "spec": suite.spec,
        "declared": suite.declared,
    }


def card(suite: Suite, dataset: str | None) -> str:
    """The data set's card: a front matter of YAML, and what a reader should know. What data say is escaped."""
    channels = Counter(clip.channels for clip in suite.clips.values())
    rates = sorted({clip.rate for clip in suite.clips.values()})
    seconds = sum(clip.seconds for clip in suite.clips.values())
    sections = [
        _front_matter(suite, channels),
        f"# {escape(suite.name)}",
        "Multiple-choice questions about sound, for audio-language models, exported by starbench.",
        f"{len(suite.items)} questions, {len(suite.clips)} clips, {seconds / 60:.1f} minutes; channels: "
        f"{_counts(channels)}; rates: {', '.join(f'{rate} Hz' for rate in rates)}.",
        "Stereo is what many of these questions are about: a loader that mixes clips to mono, or resamples them, takes "
        "the answer out of them.",
        "## Questions\n\n" + _table(("task", "sub-category", "questions"), _parts(suite)),
        "## How it was made\n\n"
        + _table(("what", "value"), [*_origin(suite), ("digest of items and sounds", suite.digest)]),
        "## Fields\n\n" + _table(("field", "meaning"), _FIELDS.items(), ready=True),
        "## How to load it\n\n" + _loading(dataset or "OWNER/NAME"),
        f"## Licence\n\n{escape(suite.licence or 'not stated')}",
    ]
    return "\n\n".join(sections) + "\n"


def _front_matter(suite: Suite, channels: Counter[int]) -> str:
    licence = _LICENCES.get(suite.licence or "", "other" if suite.licence else "unknown")
    size = next((name for most, name in _SIZES.items() if len(suite.items) < most), "n>1M")
    tags = ["audio", "benchmark", "starbench", *(["spatial-audio"] if max(channels) > 1 else [])]
    return "\n".join(
        [
            "---",
            f"pretty_name: {yaml_text(suite.name)}",
            f"license: {licence}",
            *([f"license_name: {yaml_text(str(suite.licence))}"] if licence == "other" else []),
            "language: [en]",
            "task_categories: [audio-text-to-text, multiple-choice]",
            f"tags: [{', '.join(tags)}]",
            f"size_categories: [{size}]",
            "configs:",
            "- config_name: default",
            "  data_files:",
            "  - split: test",
            f"    path: [{METADATA}, 'audio/*']",
            "---",
        ]
    )


def _parts(suite: Suite) -> list[tuple[str, ...]]:
    counts = Counter((item.task, item.sub_category or item.category or "") for item in suite.items)
    return [(*names, str(n)) for names, n in counts.items()]


def _origin(suite: Suite) -> list[tuple[str, str]]:
    spec = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in suite.spec.items()
    }
    return [*({"profile": suite.profile or ""} | spec).items(), ("default protocol", suite.default_protocol)]


def _counts(channels: Counter[int]) -> str:
    return ", ".join(f"{n} ({count} clips)" for n, count in sorted(channels.items()))


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, ready: bool = False) -> str:
    """A table of Markdown; ``ready`` texts are our own."""
    lines = [heads, tuple("---" for _ in heads), *(row if ready else tuple(map(escape, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _loading(dataset: str) -> str:
    name = json.dumps(dataset)
    return f"""```python
from datasets import Audio, List, load_dataset

data = load_dataset({name}, split="test")  # needs datasets[audio]
data = data.cast_column("audio", Audio(decode=False))  # the files as they are, with all their channels
data = data.cast_column("clips", List(Audio(decode=False)))
```

As a suite: download this repository to a folder, then `starbench run --model MODEL --suite FOLDER`."""
