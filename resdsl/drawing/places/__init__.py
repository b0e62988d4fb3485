"""Where each box and line goes: columns become a `Drawing`."""
