"""How Muniment says times, digests, numbers, states and quoted passages: plain functions only."""
