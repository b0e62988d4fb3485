"""Canonical names, initial values and files of weights."""
