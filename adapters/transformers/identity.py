"""Which weights answered: a commit of the hub, or a digest of what lies on disk."""

from __future__ import annotations

from collections.abc import Set
from hashlib import sha256
from pathlib import Path
from typing import Any

#: Of a large file its size, its head (with the names of its tensors) and its tail are digested, bytes each.
_PIECE = 2**20
_PARTS_OF_A_MODEL = frozenset({".json", ".jinja", ".safetensors", ".model", ".txt"})
#: Of the model, too, where it is executed.
_CODE = ".py"
_SHOWN = 12


def served_name(name: str, config: Any, *, trusted: bool = False) -> str:
    """``name@commit`` for a model of the hub, ``directory@digest`` for a local one.

    Parameters
    ----------
    name : str
        The hub's name of the model, or its directory.
    config : object
        The library's own, which knows the commit.
    trusted : bool
        Whether Python code in the directory is executed, and so is a part of the model.
    """
    path = Path(name)
    if path.is_dir():
        return f"{path.resolve().name}@{_digest(path, _PARTS_OF_A_MODEL | ({_CODE} if trusted else set()))}"
    commit = getattr(config, "_commit_hash", None)
    return f"{name}@{commit}" if commit else name


def _digest(directory: Path, suffixes: Set[str]) -> str:
    whole = sha256()
    for file in sorted(directory.iterdir()):
        if file.suffix in suffixes and file.is_file():
            size = file.stat().st_size
            whole.update(f"{file.name}/{size}/".encode())
            with file.open("rb") as data:
                whole.update(data.read(_PIECE))
                data.seek(max(0, size - _PIECE))
                whole.update(data.read(_PIECE))
    return whole.hexdigest()[:_SHOWN]
