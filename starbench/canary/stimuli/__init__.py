"""What the canary sends: sounds made from numpy alone, and the questions asked about them."""
