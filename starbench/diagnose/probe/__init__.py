"""What can be read from the layers of a network, and from which part on an attribute is read no more."""

from starbench.diagnose.probe.prepared import PreparedStimuli, prepare
from starbench.diagnose.probe.probe import probe

__all__ = ["PreparedStimuli", "prepare", "probe"]
