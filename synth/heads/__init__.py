"""Heads: measured impulse responses of two ears, read from files and interpolated between directions."""
