"""The module plan: a network as classes, members and dataflow, which every backend prints in its framework's words."""
