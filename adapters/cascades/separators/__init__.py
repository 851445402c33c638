"""Separators: samples of shape (n, channels) in, what each source alone puts into every channel out."""
