"""What can be read from the layers of a network, and where on its way to the answer an attribute is lost."""

from starbench.diagnose.probe.prepared import PreparedStimuli, prepare
from starbench.diagnose.probe.probe import probe

__all__ = ["PreparedStimuli", "prepare", "probe"]
