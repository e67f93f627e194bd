"""The demonstration: an invented firm from an empty folder to a proof that a stranger checks.

Rules this package obeys: everything happens through the same doors that people use; what is invented says so; the same
sources give the same findings on every run and day; the words are for somebody who has never heard of us.
"""
