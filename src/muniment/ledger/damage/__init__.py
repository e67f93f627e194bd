"""Damage that somebody did to the ledger behind its back: found, kept as evidence, accepted by two, named for ever."""
