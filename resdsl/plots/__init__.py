"""Curves on paper: what a picture shows as data, and the one file that knows matplotlib."""
