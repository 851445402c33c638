"""Paths of the tests of sparse autoencoders: helpers lie beside these tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
