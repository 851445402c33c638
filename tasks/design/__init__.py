"""The design of an experiment: questions, counterbalanced assignments, random draws."""
