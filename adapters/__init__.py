"""Models behind one method, ``generate(prompt)``: baselines and the observer here, vendors beside them."""
