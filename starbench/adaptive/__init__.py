"""Thresholds measured by choosing each next level from the answers so far."""
