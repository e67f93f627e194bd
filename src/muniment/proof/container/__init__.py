"""The final container of a proofpack, for readers: one file that is an ASiC-E, and whose extracted folder is a bag."""
