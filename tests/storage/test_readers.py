"""Files that users give are read by :mod:`starbench.storage.inputs` alone, and the checker bites."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Functions of modules that read a file, or parse one.
_MODULES = {
    "csv": {"reader", "DictReader"},
    "h5py": {"File"},
    "io": {"open", "FileIO"},
    "json": {"load", "loads"},
    "np": {"load", "loadtxt", "genfromtxt", "fromfile", "memmap"},
    "os": {"open"},
    "pickle": {"load", "loads"},
    "soundfile": {"SoundFile", "read", "info", "blocks"},
    "tomllib": {"load", "loads"},
    "wave": {"open"},
    "yaml": {"load", "safe_load"},
}
#: Where another reader stands, and why: what our own package holds, a reply of a server, a checked file.
ALLOWED = {
    "starbench/storage/inputs.py": "this is the reader",
    "starbench/storage/json_lines.py": "appends, and cuts what it appended itself",
    "starbench/audio.py": "libsndfile gets an open regular file, or bytes; wave writes",
    "starbench/cli/__init__.py: os.open": "the device that takes what standard output did not",
    "starbench/redact.py: json.loads": "a model argument that may hold a key",
    "starbench/reporting/entries.py: json.loads": "published rows of the package",
    "starbench/reporting/entries.py: read_text": "published rows of the package",
    "starbench/suites/floors.py: read_bytes": "published floors of the package",
    "starbench/reporting/site/environment.py: read_text": "style sheets and scripts of the package",
    "starbench/measured_rooms/sofa.py: h5py.File": "after read_bytes",
    "starbench/measured_rooms/folder.py: soundfile.SoundFile": "after read_bytes",
    "starbench/suites/stems.py: soundfile.read": "after read_bytes; 16 bits would not hold a soft stem",
    "synth/heads/kemar/__init__.py": "the head of the package",
    "tasks/benchmarks/spatialsoundqa/rendering.py: np.load": "after read_bytes, without pickles",
    "tasks/perception/jnd.py": "a table of the package",
    "tasks/questions/archives.py: open": "a member of an archive that was opened, within limits",
    "starbench/storage/tables.py: csv.reader": "after read_bytes",
    "tasks/annotated/description.py: tomllib.loads": "after read_bytes",
    "adapters/price_table.py": "a table of the package",
    "adapters/openai/dialects.py": "a table of the package",
    "adapters/observer/distance.py": "a table of the package",
    "adapters/observer/head.py": "the head of the package; a SOFA file that is_file() knows",
    "adapters/http_client/replies.py: json.loads": "a reply of a server",
    "adapters/openai/completions.py: json.loads": "a reply of a server",
    "adapters/gemini/failures.py: json.loads": "a reply of a server",
}


def readers(source: str) -> Iterator[str]:
    """Calls that read a file, as ``json.loads`` or ``read_text``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id == "open":
            yield "open"
        if not isinstance(called, ast.Attribute):
            continue
        owner = called.value.id if isinstance(called.value, ast.Name) else ""
        if called.attr in _MODULES.get(owner, ()):
            # What was just written by json.dumps is no file.
            if not (node.args and ast.unparse(node.args[0]).startswith("json.dumps(")):
                yield f"{owner}.{called.attr}"
        elif called.attr in ("read_text", "read_bytes") or (called.attr == "open" and not _writes(node)):
            yield called.attr


def _writes(call: ast.Call) -> bool:
    """Whether ``path.open(…)`` opens for writing only, or is no opening of a file at all."""
    modes = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    mode = modes[0].value if modes and isinstance(modes[0], ast.Constant) else "r" if not modes else None
    return mode is None or (isinstance(mode, str) and "r" not in mode and "+" not in mode)


def test_only_the_bounded_reader_reads_files_of_users() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}: {call}"
        for room in ("starbench", "synth", "tasks", "adapters")
        for path in sorted((ROOT / room).rglob("*.py"))
        for call in readers(path.read_text("utf-8"))
    ]
    assert found
    assert [call for call in found if call not in ALLOWED and call.partition(":")[0] not in ALLOWED] == []
    stale = [name for name in ALLOWED if not any(call.startswith(name) for call in found)]
    assert stale == [], "nothing there reads any more"


@pytest.mark.parametrize(
    "planted",
    [
        "json.loads(text)",
        "json.load(file)",
        "Path(name).read_text('utf-8')",
        "path.read_bytes()",
        "open(name)",
        "path.open()",
        "path.open('rb')",
        "path.open(mode='r+')",
        "csv.DictReader(rows)",
        "tomllib.load(file)",
        "np.load(path)",
        "h5py.File(path, 'r')",
        "soundfile.read(path)",
        "wave.open(path)",
    ],
)
def test_a_planted_reader_is_caught(planted: str) -> None:
    assert list(readers(f"def f():\n    return {planted}\n"))


@pytest.mark.parametrize(
    "harmless",
    [
        "json.loads(json.dumps(x))",
        "path.open('w')",
        "read_bytes(path)",
        "staging.open(header)",
        "json.dumps(x)",
    ],
)
def test_what_reads_nothing_is_not_caught(harmless: str) -> None:
    assert list(readers(harmless)) == []
