"""The packs room's pure core: the writer of the final container and of its seal."""
