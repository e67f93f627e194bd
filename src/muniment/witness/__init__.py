"""The witness: a small program apart from every installation, which cosigns the heads of other people's logs.

Rules of the room: it imports `proof` and a few plain modules of `spine` and nothing else of the house, no Django, no
database of an installation; it has a key and a folder of its own; what it cosigned it has written down before.
"""
