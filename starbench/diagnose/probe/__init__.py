"""What can be read from the layers of a network, and where on its way to the answer an attribute is lost."""

from starbench.diagnose.probe.probe import FEWEST_CLIPS, ProbeRequest, probe

__all__ = ["FEWEST_CLIPS", "ProbeRequest", "probe"]
