"""Packages of extras, imported where they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from starbench.errors import InputError


def needed(module: str, message: str) -> Any:
    """Import a module that need not be installed; :class:`InputError` with ``message`` if it, or a part, is not."""
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(message) from error
