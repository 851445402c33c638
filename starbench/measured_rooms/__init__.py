"""Responses that were measured in real rooms, read from SOFA files and folders of sound files."""
