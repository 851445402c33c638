"""What of a suite's cues a model gets: a cochlear listener hears the audio as it is delivered."""

from starbench.diagnose.audit.audit import INTERNAL_NOISE as INTERNAL_NOISE
from starbench.diagnose.audit.audit import audit as audit
