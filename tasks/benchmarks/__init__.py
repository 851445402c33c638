"""Other public benchmarks: how their prompts state their options."""
