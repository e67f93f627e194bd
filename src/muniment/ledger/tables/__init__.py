"""Tables of the ledger beside those of the log itself: its keys and witnesses, its time, its checks, its keeping."""
