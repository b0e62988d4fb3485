"""From a text to its findings: lowered, and held against the design rules."""
