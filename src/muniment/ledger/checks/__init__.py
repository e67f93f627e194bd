"""Checks of the ledger that run by themselves, what came of each, and the state rebuilt from the entries."""
