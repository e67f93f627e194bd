"""How Muniment says times, digests, numbers, states and quoted passages: plain functions, no request, no database."""
