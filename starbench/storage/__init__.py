"""Files that survive a kill: written whole, appended a line at a time, locked by one process."""
