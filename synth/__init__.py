"""Synthesizers: from parameters and a random generator to a waveform and its physical truth."""
