"""A room, a source in it and a pair of microphones, as several tests use them."""

from __future__ import annotations

import numpy as np

from starbench.synth.geometry import unit
from starbench.synth.shoebox import Shoebox

RATE = 48_000
PAIR = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])
BOX = Shoebox((6.0, 5.0, 3.0), 0.4, (2.5, 2.2, 1.4), 40.0)
OFFSET = unit(30.0, 10.0) * 1.7
