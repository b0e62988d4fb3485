"""The words of the language, each once: what every other room reads and none repeats."""
