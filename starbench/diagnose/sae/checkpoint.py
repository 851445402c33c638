"""Dictionaries that others published: ``ae.pt`` of AudioSAE and of dictionary_learning, read without running code."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path

from starbench.diagnose.sae.dictionary import TENSORS, Dictionary, require
from starbench.errors import InputError


def read_checkpoint(path: Path) -> Dictionary:
    """Read a BatchTopK checkpoint: ``encoder.{weight,bias}``, ``decoder.weight``, ``b_dec``, ``k``, ``threshold``.

    Without a threshold, as AudioSAE's, the k largest activations of a frame count.

    Raises :class:`InputError` if it is not one, or could only be read by running code that comes with it.
    """
    require("torch")
    import torch

    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of what is refused below
            state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} holds more than tensors, and starbench runs no code of a checkpoint: save its state_dict alone"
        ) from error
    except (RuntimeError, EOFError, ValueError, LookupError) as error:
        raise InputError(f"{path} is not a checkpoint of torch: give AudioSAE's ae.pt") from error
    if not isinstance(state, Mapping):
        raise InputError(f"{path} holds {type(state).__name__} and no tensors by name: give AudioSAE's ae.pt")
    arrays = {}
    for key in (*TENSORS, "k", "threshold"):
        if isinstance(value := state.get(key), torch.Tensor | int | float):
            try:
                tensor = torch.as_tensor(value).detach()
                if tensor.is_complex():
                    raise TypeError("complex numbers")
                arrays[key] = tensor.to(torch.int64 if key == "k" else torch.float32).numpy()
            except (RuntimeError, TypeError, ValueError, OverflowError) as error:
                raise InputError(
                    f"{path}: {key} is not a plain tensor of real numbers: save a dense one, with its data"
                ) from error
    return Dictionary.of_tensors(arrays, str(path))
