"""Fixtures of the synthesizers' tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from starbench.synth.heads.hrtf import Head
from starbench.synth.heads.loading import load
from starbench.synth.image_sources import ImageSources, shoebox_images

# Helpers that lie beside these tests.
sys.path.append(str(Path(__file__).parent))

from example_room import BOX, OFFSET


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The slow references of ``benchmarks/``, which share no code with what they are compared with."""
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "oracle.py"
    spec = importlib.util.spec_from_file_location("starbench_oracle", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where a dataclass looks for the module that it is defined in
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def head() -> Head:
    """The embedded head at 48 kHz."""
    return load(None, 48_000)


@pytest.fixture(scope="session")
def room() -> ImageSources:
    """Images of 60 ms of the example room."""
    return shoebox_images(BOX, OFFSET, 0.06)
