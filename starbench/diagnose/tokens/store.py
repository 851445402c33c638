"""A tokenizer on disk: weights as safetensors, and a JSON file that says what they are; nothing is pickled."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from starbench.diagnose.records import read_record, write_record
from starbench.diagnose.tokens.interface import COCHLEA, require
from starbench.errors import InputError
from starbench.schema.base import Frozen, Int
from starbench.storage.atomic import write_bytes
from starbench.storage.inputs import read_bytes

if TYPE_CHECKING:
    from starbench.diagnose.tokens.network import CochlearTokenizer
    from starbench.diagnose.tokens.next_code import CodeLanguageModel

#: What says that a folder holds a tokenizer of ours.
DESCRIPTION = "cochlear-tokenizer.json"
#: What was measured of it.
RECORD = "tokens.json"
_TOKENIZER, _NEXT_CODE = "tokenizer.safetensors", "next-code.safetensors"


#: No network of ours is wider: weights of a few hundred MB, whatever a description says.
_WIDEST = 2048


class _NextCodeShape(Frozen):
    layers: Int = Field(ge=1, le=64)
    width: Int = Field(ge=1, le=_WIDEST)
    heads: Int = Field(ge=1, le=64)
    context: Int = Field(ge=1, le=2**16)
    chosen_step: Int
    sha256: str

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.width % (2 * self.heads):
            raise ValueError(f"width {self.width} must be a multiple of twice the heads, {self.heads}")
        return self


class _Description(Frozen):
    format: Literal["starbench cochlear tokenizer"] = "starbench cochlear tokenizer"
    version: Literal[1] = 1
    bits: Int = Field(ge=1, le=20)
    bands: Int
    width: Int = Field(ge=1, le=_WIDEST)
    sha256: str
    next_code: _NextCodeShape | None = None


def save(folder: Path, tokenizer: CochlearTokenizer, model: CodeLanguageModel | None = None) -> None:
    """Write a tokenizer and, if there is one, the model of its codes; raises :class:`OSError` if the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = None
    if model is not None:
        network = model.network
        shape = _NextCodeShape(
            layers=len(network.blocks),
            width=network.of_code.embedding_dim,
            heads=network.blocks[0].heads,
            context=model.context,
            chosen_step=model.chosen_step,
            sha256=_write_weights(folder / _NEXT_CODE, network),
        )
    description = _Description(
        bits=tokenizer.bits,
        bands=tokenizer.bands,
        width=tokenizer.width,
        sha256=_write_weights(folder / _TOKENIZER, tokenizer.network),
        next_code=shape,
    )
    write_record(description, folder / DESCRIPTION)


def load_tokenizer(folder: Path) -> CochlearTokenizer:
    """Read a tokenizer; raises :class:`InputError` if the folder holds none, or it is damaged."""
    require()
    from starbench.diagnose.tokens.network import CochlearNetwork, CochlearTokenizer

    description = described(folder)
    network = CochlearNetwork(description.bits, description.bands, description.width)
    _read_weights(folder / _TOKENIZER, network, description.sha256)
    return CochlearTokenizer(network)


def load_next_code(folder: Path) -> CodeLanguageModel | None:
    """Read the model of a tokenizer's codes; None: it has none. Raises as :func:`load_tokenizer`."""
    require()
    from starbench.diagnose.tokens.next_code import CodeLanguageModel
    from starbench.diagnose.tokens.next_code_network import NextCodeNetwork

    description = described(folder)
    shape = description.next_code
    if shape is None:
        return None
    network = NextCodeNetwork(2**description.bits, shape.layers, shape.width, shape.heads)
    _read_weights(folder / _NEXT_CODE, network, shape.sha256)
    return CodeLanguageModel(network, shape.context, shape.chosen_step)


def described(folder: Path) -> _Description:
    """What a folder says of its tokenizer; raises :class:`InputError` if it holds none, or one that cannot be."""
    if not (folder / DESCRIPTION).is_file():
        raise InputError(f"{folder} holds no tokenizer: make one by starbench tokens train --out {folder}")
    description = read_record(_Description, folder / DESCRIPTION)
    if description.bands != COCHLEA.n_channels:
        raise InputError(
            f"{folder / DESCRIPTION}: {description.bands} bands, and a cochleagram has {COCHLEA.n_channels}"
        )
    return description


def _write_weights(path: Path, network: Any) -> str:
    from safetensors.torch import save as as_bytes

    data = as_bytes({name: value.contiguous() for name, value in network.state_dict().items()})
    write_bytes(path, data)
    return sha256(data).hexdigest()


def _read_weights(path: Path, network: Any, digest: str) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    try:
        data = read_bytes(path)
        if sha256(data).hexdigest() != digest:
            raise InputError(f"{path} is not what {DESCRIPTION} describes: train the tokenizer again")
        network.load_state_dict(from_bytes(data))
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        raise InputError(f"{path} cannot be read ({reason})") from error
