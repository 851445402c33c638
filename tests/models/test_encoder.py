"""Encoders of all kinds: what they may return, and what is said of those that return something else."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from starbench.audio import Audio
from starbench.errors import InputError, PluginError
from starbench.models.encoder import NamedEncoder, as_encoder, resolve_encoder
from starbench.models.processor import resolve_separator

CLIP = Audio(np.zeros((800, 2), np.int16), 16_000)
KEY = "sk-a-key-that-nobody-may-see"

ENCODERS = """
import numpy as np

FRAMES = np.ones((4, 3))

class Base:
    def encode(self, audio): return {"s": FRAMES}
class Array(Base):
    def encode(self, audio): return FRAMES  # Array
class Nothing(Base):
    def encode(self, audio): return None  # Nothing
class Empty(Base):
    def encode(self, audio): return {}  # Empty
class Async(Base):
    async def encode(self, audio): return {"s": FRAMES}  # Async
class Text(Base):
    def encode(self, audio): return {"s": [["a", "b"]]}  # Text
class Ragged(Base):
    def encode(self, audio): return {"s": [[1, 2], [3]]}  # Ragged
class Object(Base):
    def encode(self, audio): return {"s": object()}  # Object
class Complex(Base):
    def encode(self, audio): return {"s": FRAMES * 1j}  # Complex
class NoWidth(Base):
    def encode(self, audio): return {"s": FRAMES[:, :0]}  # NoWidth
class NotFinite(Base):
    def encode(self, audio): return {"s": FRAMES * np.nan}  # NotFinite
class TooLarge(Base):
    def encode(self, audio): return {"s": FRAMES * 1e60}  # TooLarge
class IntName(Base):
    def encode(self, audio): return {3: FRAMES}  # IntName
class Surrogate(Base):
    def encode(self, audio): return {"\\ud800": FRAMES}  # Surrogate
class Raises(Base):
    def encode(self, audio):
        raise SystemExit(3)  # Raises
class Typo(Base):  # Typo
    stages = {"spectrumm": "loader"}
    def encode(self, audio): return {"s": FRAMES}  # Typo
class NoStages(Base):  # NoStages
    stages = ["loader"]
class NoStage(Base):  # NoStage
    stages = {"s": ["loader"]}
class NoMethod(Base):  # NoMethod
    delivered = 3
class NotDelivered(Base):
    def delivered(self, audio): return audio.samples  # NotDelivered
class FailsToDeliver(Base):
    def delivered(self, audio):
        raise ValueError("no")  # FailsToDeliver
class FailingTwin(Base):
    def random_twin(self, seed):
        raise ValueError("no")  # FailingTwin
class NoTwin(Base):
    def random_twin(self, seed): return 3  # NoTwin
class WithArguments(Base):
    def __init__(self, model="", size=1, url="", note=""):
        self.note = note
class Needy(Base):
    def __init__(self, size): ...
class Noisy(Base):
    @property
    def note(self):
        import os
        return "made with " + os.environ["OPENAI_API_KEY"]
def encode(audio): return {"s": FRAMES}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(ENCODERS)
    monkeypatch.chdir(tmp_path)


def line_of(name: str) -> int:
    """The last line that is marked with a class's name."""
    marked = [number for number, line in enumerate(ENCODERS.splitlines(), 1) if line.endswith(f"# {name}")]
    return marked[-1]


def read(encoder: NamedEncoder) -> None:
    encoder.layers(CLIP)
    if encoder.delivered is not None:
        encoder.delivered(CLIP)
    encoder.twin(0)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Array", "returned ndarray, not a mapping"),
        ("Nothing", "returned NoneType, not a mapping"),
        ("Empty", "returned no layer"),
        ("Async", "is async"),
        ("Text", "layer 's' is <U1"),
        ("Ragged", "layer 's' cannot be read"),
        ("Object", "layer 's' is object"),
        ("Complex", "layer 's' is complex128"),
        ("NoWidth", r"layer 's' is float64 of shape \(4, 0\)"),
        ("NotFinite", "not finite"),
        ("TooLarge", "too large for 32 bits"),
        ("IntName", "layer 3 is not named by a text"),
        ("Surrogate", r"layer '\\ud800' is not named by a text"),
        ("Raises", "fails on a clip: SystemExit"),
        ("Typo", "stages name a layer 'spectrumm', and there are 's'"),
        ("NoStages", "one of loader, encoder, projector, language model, and not "),
        ("NoStage", "one of loader, encoder, projector, language model, and not "),
        ("NoMethod", "its delivered is int"),
        ("NotDelivered", "delivered.. returned ndarray: return a starbench.audio.Audio"),
        ("FailsToDeliver", "delivered.. failed: ValueError: no"),
        ("FailingTwin", "cannot make its random_twin: ValueError: no"),
        ("NoTwin", "with random weights' has no method encode"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_the_plug_ins_line(name: str, said: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as a coroutine that nobody waited for
        with pytest.raises(PluginError, match=rf"{said}.*\(mine.py:{line_of(name)}\)$"):
            read(resolve_encoder(f"mine.py:{name}"))


@pytest.mark.parametrize("kind", ["float64", "float16", "int64", "bool"])
def test_real_numbers_of_any_type_are_activations(kind: str) -> None:
    encoder = as_encoder(SimpleNamespace(encode=lambda _: {"s": np.ones((2, 3), kind)}), "mine")
    (frames,) = encoder.layers(CLIP).values()
    assert frames.dtype == np.float32
    assert (frames == 1).all()


def test_tensors_of_torch_are_activations() -> None:
    torch = pytest.importorskip("torch")
    ones = torch.ones((2, 3))
    tensors = {"grad": ones.clone().requires_grad_(), "bf16": ones.bfloat16(), "int": ones.int()}
    layers = as_encoder(SimpleNamespace(encode=lambda _: tensors), "mine").layers(CLIP)
    assert all((frames == 1).all() and frames.dtype == np.float32 for frames in layers.values())
    with pytest.raises(PluginError, match="complex64"):
        as_encoder(SimpleNamespace(encode=lambda _: {"s": ones * 1j}), "mine").layers(CLIP)


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [
        (f"mine.py:WithArguments:{KEY}", {}),
        ("mine.py:WithArguments", {"note": f"with {KEY}"}),
        ("mine.py:WithArguments", {"api_key": "any"}),
    ],
)
def test_keys_are_refused(spec: str, arguments: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(InputError, match=r"--encoder.* never stored") as caught:
        resolve_encoder(spec, arguments)
    assert KEY not in str(caught.value)


def test_a_note_shows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert resolve_encoder("mine.py:Noisy").note == "made with [redacted]"


def test_arguments_and_the_file_identify_an_encoder() -> None:
    one = resolve_encoder("mine.py:WithArguments:m", {"size": "3", "url": "http://me:password@host/v1?key=x"})
    assert one.arguments == {"model": "m", "size": 3, "url": "http://host/v1"}
    assert list(one.versions) == ["plugin:mine.py"]
    assert resolve_encoder("mine.py:encode").versions == one.versions


def test_a_missing_argument_is_given_by_the_option_that_there_is() -> None:
    with pytest.raises(InputError, match=r"^encoder 'mine.py:Needy' needs 'size': give --encoder-arg size="):
        resolve_encoder("mine.py:Needy")
    with pytest.raises(InputError, match=r"^encoder 'mine.py:Needy' takes no argument 'sise'"):
        resolve_encoder("mine.py:Needy", {"sise": "1"})
    with pytest.raises(InputError, match=r"^separator .* needs 'size': give it a default value \(mine.py:"):
        resolve_separator("mine.py:Needy")
    with pytest.raises(InputError, match=r"^separator .* needs 'size': give --model-arg separator.size="):
        resolve_separator("mine.py:Needy", {}, "--model-arg separator.")
