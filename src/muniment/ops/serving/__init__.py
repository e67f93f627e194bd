"""Serving an installation: one process for the pages, one for the work that waits and for the ledger.

Rules this package obeys: the signing keys and the lists are in the worker only; no process outlives the one that
started it; whoever is asked to stop finishes what is under way or hands it back; when one process fails all stop, so
that whoever watches the installation starts it anew.
"""
