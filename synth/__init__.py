"""Synthesizers: parameters and a random generator in, a waveform with its physical truth out."""
