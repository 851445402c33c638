"""What a listener with one ear, one interval, levels or colours alone can reach: the floors of a suite."""
