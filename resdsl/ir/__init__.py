"""The network as frozen data, and nothing else."""
