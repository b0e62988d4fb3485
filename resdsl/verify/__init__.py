"""Whether every installed backend computes one and the same network: from one seed, step by step."""
