"""One question about a network per file."""
