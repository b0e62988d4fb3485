"""The network as data, and the way from the tree to it."""
