"""Predictions of others, read from their files and written as runs that can be scored, compared and ranked."""
