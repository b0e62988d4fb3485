"""A `Drawing` written down: DOT, SVG, Mermaid and the others."""
