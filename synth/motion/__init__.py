"""Moving sources: where they are at each moment, how their sound travels, and what a receiver gets of it."""
