"""The data sets: one file each, and a registry."""
