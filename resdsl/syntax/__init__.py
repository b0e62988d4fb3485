"""The language: text, tree, and text again."""
