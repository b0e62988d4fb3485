"""From the tree to the network: names resolved, blocks expanded, shapes inferred."""
