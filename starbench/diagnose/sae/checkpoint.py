"""Dictionaries that others published: ``ae.pt`` of AudioSAE and of dictionary_learning, read without running code."""

from __future__ import annotations

import pickle
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
    known = (*TENSORS, "k", "threshold")
    return Dictionary.of_tensors(
        {
            key: torch.as_tensor(state[key]).detach().to(torch.float32 if key != "k" else torch.int64).numpy()
            for key in known
            if isinstance(state.get(key), torch.Tensor | int | float)
        },
        str(path),
    )
