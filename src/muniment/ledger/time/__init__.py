"""Time from outside and the clock inside: what bounds an entry in time, and what a clock that jumps must not do."""
