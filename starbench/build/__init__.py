"""Suites built: planned, rendered by worker processes, written whole or not at all."""
