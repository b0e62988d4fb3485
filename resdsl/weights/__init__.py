"""Canonical names, initial values and files of our own weights."""
