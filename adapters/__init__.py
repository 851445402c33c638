"""Models behind one method, ``generate(prompt)``: baselines, the observer, hosted and local models."""
