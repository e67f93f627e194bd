"""Muniment's tests."""
