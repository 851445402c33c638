"""Scenes that are asked about: sounds, places, rooms, and the recipes that the synthesizer renders."""
