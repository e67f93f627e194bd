"""What people ask the ledger: the filters of its list, and the questions that they keep under a name."""
