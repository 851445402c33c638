"""Leaderboard entries, the schema they follow, and the published rows they are read beside."""
