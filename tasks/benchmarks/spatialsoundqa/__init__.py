"""SpatialSoundQA (BAT, Zheng et al., arXiv 2402.01591): binaural scenes that its reader renders, and questions."""

from .task import SpatialSoundQa

__all__ = ["SpatialSoundQa"]
