"""Questions about where a sound is, and which of two sounds is further right, higher or farther away."""
