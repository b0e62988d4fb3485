"""What is shown of a network, before anything has a place."""
