"""Thresholds: what a listener needs to hear a difference or a sound, fitted to all of its answers."""
