"""The reference pages, written out of the code, so that they cannot say anything else than the code does.

Rules this package obeys: the same code gives the same bytes; nothing of an installation goes in; ``muniment docs
--check`` fails as soon as a page and the code differ.
"""
