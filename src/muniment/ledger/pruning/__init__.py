"""Pruning: old entries go below a bound that the ledger signs; the tree, its tiles and every old proof stay."""
