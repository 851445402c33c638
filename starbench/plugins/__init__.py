"""Plug-ins: found by name, their arguments typed, their errors traced to a line."""
