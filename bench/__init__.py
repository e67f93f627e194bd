"""Measures of Muniment, each in a process of its own, as ratios to something that stands still."""
