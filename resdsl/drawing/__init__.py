"""Networks as the papers draw them: columns → places → print.

`columns` holds what is shown of a network, `places` where each box and line of it goes (a `Drawing`), and `printers`
write that down, one file per format. `draw.py` says which drawing is meant; `figure.py` is what `resdsl.draw` returns.
"""
