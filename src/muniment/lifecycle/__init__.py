"""Erasure by order, legal holds, and the end of a tenant."""
