"""A run on disk, and asking what it still lacks."""
