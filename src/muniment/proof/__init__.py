"""What an auditor runs: canonical bytes, Merkle tree, checkpoints and proofpacks, with no Django in it.

Rules of the room: nothing here imports another room; the modules that `standalone.MODULES` names use the
standard library only and stay readable for Python 3.9, since they are joined into the pack's `verify.py`;
no clock and no randomness is read here, both are passed in; a wrong input is a `Malformed`, never a trace.
"""
