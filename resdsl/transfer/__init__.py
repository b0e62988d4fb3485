"""Others' checkpoints: read without running anything, matched with a network, and what goes where."""
