"""The parts of ``validate.py``: what is claimed of the stimuli, measured against references written apart."""
