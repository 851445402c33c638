"""ONNX models whose inner tensors can be read: their names are added to the outputs of the graph.

The package onnx, which could do it, is large. All that is needed of its format is that a message is a sequence of
fields, each a key (number and type) and a value, and the numbers of seven fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from starbench.plugins.extras import needed
from starbench.storage.inputs import read_bytes

#: Numbers of fields: of a model its graph; of a graph its weights and outputs; of weights and outputs some.
_GRAPH, _WEIGHTS, _OUTPUT = 7, 5, 12
_DIMENSIONS, _TYPE, _NAME, _RAW = 1, 2, 8, 9
_NAME_OF_OUTPUT = 1
#: In the name of a matrix that is no weights: the front end's.
_FIXED = b"basis"
#: Bytes of a number by ONNX's code of its type: float, the two of 8 bits, and those of more.
_BYTES = {1: 4, 2: 1, 3: 1, 10: 2, 11: 8}


def open_session(path: Path, taps: Sequence[str], shuffle_seed: int | None = None) -> Any:
    """Make a session of onnxruntime whose further outputs are the tensors ``taps``, on one thread.

    With a seed, the numbers of each matrix of weights are shuffled: a network of the same weights without what they
    learned. Raises :class:`InputError` if onnxruntime is missing.
    """
    onnxruntime = needed(
        "onnxruntime", "this encoder needs onnxruntime, not installed here: pip install 'starbench[probe]'"
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    model = with_outputs(read_bytes(path), taps, shuffle_seed)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def with_outputs(model: bytes, names: Sequence[str], shuffle_seed: int | None = None) -> bytes:
    """The same model with tensors of these names among its outputs, and its weights shuffled if there is a seed."""
    rng = None if shuffle_seed is None else np.random.default_rng(shuffle_seed)
    out = bytearray()
    for number, value, raw in _fields(model):
        if number != _GRAPH:
            out += raw
            continue
        graph = bytearray()
        for part, content, part_raw in _fields(value):
            graph += part_raw if part != _WEIGHTS or rng is None else _message(part, _shuffled(content, rng))
        for name in names:
            graph += _message(_OUTPUT, _message(_NAME_OF_OUTPUT, name.encode()))
        out += _message(number, bytes(graph))
    return bytes(out)


def _shuffled(tensor: bytes, rng: np.random.Generator) -> bytes:
    fields = list(_fields(tensor))
    dimensions = sum(number == _DIMENSIONS for number, *_ in fields)
    size = _BYTES.get(next((_varint(value, 0)[0] for number, value, _ in fields if number == _TYPE), 0))
    is_fixed = any(number == _NAME and _FIXED in value for number, value, _ in fields)
    if dimensions < 2 or size is None or is_fixed:
        return tensor
    out = bytearray()
    for number, value, raw in fields:
        if number == _RAW:
            numbers = np.frombuffer(value, np.dtype((np.void, size)))
            out += _message(number, rng.permutation(numbers).tobytes())
        else:
            out += raw
    return bytes(out)


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, value and all bytes of each field; of a number, the value is its bytes as they are."""
    place = 0
    while place < len(message):
        start = place
        key, place = _varint(message, place)
        wire, first = key & 7, place
        if wire == 2:
            length, first = _varint(message, place)
            place = first + length
        elif wire == 0:
            _, place = _varint(message, place)
        else:
            place += {1: 8, 5: 4}[wire]
        yield key >> 3, message[first:place], message[start:place]


def _varint(message: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place


def _message(number: int, content: bytes) -> bytes:
    return _as_varint(number << 3 | 2) + _as_varint(len(content)) + content


def _as_varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
