"""Muniment: compliance work you can prove."""
