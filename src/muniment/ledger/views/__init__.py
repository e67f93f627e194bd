"""Pages of the ledger: the list and its questions, one entry, what is taken away, the state of the log, exports."""
