"""A tokenizer by its folder: one of ours, or a checkpoint with code of its own, which must be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starbench.diagnose.tokens import foreign
from starbench.diagnose.tokens.interface import require
from starbench.diagnose.tokens.store import DESCRIPTION, load_tokenizer
from starbench.errors import InputError

if TYPE_CHECKING:
    from starbench.diagnose.tokens.network import CochlearTokenizer


def open_tokenizer(folder: Path, *, is_trusted: bool) -> CochlearTokenizer | foreign.ForeignTokenizer:
    """Load the tokenizer of a folder; ``is_trusted`` allows Python code that lies in it, and nothing from elsewhere.

    Raises :class:`InputError` if there is no such folder, no tokenizer in it, or code that is not trusted.
    """
    if not folder.is_dir():
        raise InputError(
            f"there is no folder {folder}: tokenizers are read from this machine, never from a hub"
        )
    if (folder / DESCRIPTION).is_file():
        return load_tokenizer(folder)
    if foreign.has_own_code(folder):
        require()
        return foreign.ForeignTokenizer(folder, is_trusted=is_trusted)
    raise InputError(
        f"{folder} holds no tokenizer: make one by starbench tokens train, or name the folder of a checkpoint "
        "whose config.json has an auto_map"
    )
