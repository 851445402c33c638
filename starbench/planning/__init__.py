"""What is asked: conditions, trials, what a model can take, and the plan of a run."""
