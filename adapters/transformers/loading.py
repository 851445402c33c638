"""From a name or a path to a loaded model: configuration, processor, class, weights.

Each checkpoint is loaded by the class that its own configuration names: no single auto class knows all
models that take sound (``AutoModelForMultimodalLM`` of transformers 5.23 knows no Audio Flamingo 3). Nothing
that comes with a checkpoint is executed: no remote code unless the user trusts it, no pickled weights ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from logging import CRITICAL
from pathlib import Path
from typing import Any

from starbench.errors import InputError
from starbench.plugins.consent import ask_consent
from starbench.storage.inputs import opened
from starbench.text import sentence

#: What the local model needs: the extra ``starbench[local]``.
_NEEDED = ("torch", "transformers", "jinja2")
#: Models that also speak: only the part that takes sound and generates text is loaded.
_TEXT_MODELS = {
    "qwen2_5_omni": "Qwen2_5OmniThinkerForConditionalGeneration",
    "qwen3_omni_moe": "Qwen3OmniMoeThinkerForConditionalGeneration",
}
#: For a configuration that names no class of the library.
_FALLBACK = "AutoModelForMultimodalLM"
_OWN_CODE = (
    "can be loaded only by Python code of its own, which starbench does not execute: read that code, and if "
    "you trust it, give --model-arg trust_remote_code=true"
)
#: Each is met by some broken checkpoint: a JSON list, a shape that fits nothing, a truncated file.
_LOADING_ERRORS = (OSError, ValueError, TypeError, LookupError, AttributeError, ImportError, RuntimeError)
#: Of a large file its size, its head (with the names of its tensors) and its tail are digested, bytes each.
_PIECE = 2**20
_PARTS_OF_A_MODEL = frozenset({".json", ".jinja", ".safetensors", ".model", ".txt"})
_UNREADABLE = "cannot be loaded: name a directory that holds a checkpoint, or a model of the hub"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose weights are still to be loaded.

    ``name`` is a path, or a name on the hub; ``is_trusted`` whether code that comes with it may be executed;
    ``rate`` the sample rate of the model's front end, Hz.
    """

    name: str
    revision: str | None
    is_trusted: bool
    config: Any
    processor: Any
    rate: int

    @property
    def tokenizer(self) -> Any:
        """The processor's tokenizer."""
        return self.processor.tokenizer

    @property
    def kind(self) -> str:
        """The architecture, by the library's name for it (``qwen2_audio``)."""
        return str(self.config.model_type)

    @property
    def served_name(self) -> str:
        """Which weights answer: ``name@commit`` for a model of the hub, ``directory@digest`` for a local one."""
        path = Path(self.name)
        if path.is_dir():
            suffixes = _PARTS_OF_A_MODEL | ({".py"} if self.is_trusted else set())
            return f"{path.resolve().name}@{_digest(path, suffixes)}"
        commit = getattr(self.config, "_commit_hash", None)
        return f"{self.name}@{commit}" if commit else self.name


def library() -> Any:
    """The module ``transformers``; ``InputError`` if it, or what it needs, is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(
            f"local models need {', '.join(missing)}, not installed here: pip install 'starbench[local]'"
        )
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import transformers

    return transformers


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the library's log lines and progress bars off the user's terminal."""
    logging = library().utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def open_checkpoint(name: str, revision: str | None, *, is_trusted: bool) -> Checkpoint:
    """Read what a checkpoint says of itself, without its weights.

    Raises
    ------
    InputError
        If there is no such checkpoint, it needs code of its own, or the model takes no sound.
    """
    if is_trusted:
        ask_consent(f"what comes with {name}")
    transformers = library()
    options = {"revision": revision, "trust_remote_code": is_trusted}
    with quiet(), as_input_error(name, revision):
        config = transformers.AutoConfig.from_pretrained(name, **options)
    with quiet(), as_input_error(name, revision, "has no processor for sound: name an audio-language model"):
        processor = transformers.AutoProcessor.from_pretrained(name, **options)
    return Checkpoint(name, revision, is_trusted, config, processor, _rate(name, processor))


def load(checkpoint: Checkpoint, device: str, dtype: str, attention: str | None) -> Any:
    """The model itself, on its device, ready to answer; device, type and attention as the library names them.

    Raises
    ------
    InputError
        If the weights are missing, incomplete, or do not fit.
    """
    import torch

    extra = {} if attention is None else {"attn_implementation": attention}
    with quiet(), as_input_error(checkpoint.name, checkpoint.revision):
        model, report = model_class(checkpoint).from_pretrained(
            checkpoint.name,
            revision=checkpoint.revision,
            trust_remote_code=checkpoint.is_trusted,
            dtype=dtype,
            use_safetensors=True,
            output_loading_info=True,
            **extra,
        )
        missing = report["missing_keys"]
        if missing:  # the library would fill them with random numbers, and the model would still answer
            raise InputError(
                f"checkpoint {checkpoint.name!r} lacks {len(missing)} of its weights, such as {min(missing)}: "
                "download it again"
            )
        try:
            return model.to(device).eval()
        except torch.OutOfMemoryError as error:
            raise InputError(
                f"model {checkpoint.name!r} does not fit into the memory of {device}: "
                "try --model-arg dtype=bfloat16, or --model-arg device=cpu"
            ) from error


def model_class(checkpoint: Checkpoint) -> Any:
    """The class that loads a checkpoint: what its configuration names, or the library's best guess."""
    transformers = library()
    named = (checkpoint.config.architectures or [""])[0]
    own = getattr(checkpoint.config, "auto_map", None) or {}
    if checkpoint.is_trusted and own:
        named = next((auto for auto in own if auto.startswith("AutoModel")), named)
    class_name = _TEXT_MODELS.get(checkpoint.kind, named)
    return getattr(transformers, class_name, None) or getattr(transformers, _FALLBACK)


def pick_device(name: str) -> str:
    """Return a device of this machine: the one named, or for ``auto`` a GPU if there is one."""
    library()
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=torch.device(name))
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(f"device={name}: this machine has no such device: use auto, cpu or cuda") from error
    return name


def _digest(directory: Path, suffixes: Set[str]) -> str:
    whole = sha256()
    for file in sorted(directory.iterdir()):
        if file.suffix in suffixes and file.is_file():
            size = file.stat().st_size
            whole.update(f"{file.name}/{size}/".encode())
            with opened(file) as data:
                whole.update(data.read(_PIECE))
                data.seek(max(0, size - _PIECE))
                whole.update(data.read(_PIECE))
    return whole.hexdigest()[:12]


def _rate(name: str, processor: Any) -> int:
    """Return the sample rate of the processor's front end, Hz; a model without one takes no sound."""
    front_ends = (getattr(processor, part, None) for part in ("feature_extractor", "audio_processor"))
    rates = [getattr(front_end, "sampling_rate", None) for front_end in front_ends]
    rate = next((rate for rate in rates if isinstance(rate, int)), None)
    if rate is None or not hasattr(processor, "tokenizer"):
        raise InputError(f"model {name!r} takes no sound: name an audio-language model")
    if not _has_chat_template(processor):
        raise InputError(f"model {name!r} has no chat template, so it answers no question: name a chat model")
    return rate


def _has_chat_template(processor: Any) -> bool:
    overrides = type(processor).apply_chat_template is not library().ProcessorMixin.apply_chat_template
    return bool(getattr(processor, "chat_template", None)) or overrides


@contextmanager
def as_input_error(name: str, revision: str | None, problem: str = _UNREADABLE) -> Iterator[None]:
    """Turn what the library says of a checkpoint, over many lines, into one sentence."""
    from safetensors import SafetensorError

    try:
        yield
    except (*_LOADING_ERRORS, SafetensorError) as error:
        at = f" at revision {revision!r}" if revision else ""
        if "trust_remote_code" in str(error):
            raise InputError(f"model {name!r}{at} {_OWN_CODE}") from error
        first_line = next(iter(str(error).strip().splitlines()), "")
        raise InputError(
            f"model {name!r}{at} {problem} ({type(error).__name__}: {sentence(first_line)})"
        ) from error
