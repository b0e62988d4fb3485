"""Networks as the papers draw them.

    from resdsl.drawing.formats import rendered
    from resdsl.drawing.views import draw_blocks, draw_diff, draw_networks

    svg = rendered(draw_networks([resdsl.load("plain34"), resdsl.load("resnet34")]), "svg")

A network becomes a column of runs (`read`), rows say which of them stand at one height (`rows`, `diff`), and a layout
gives each box its place (`figure`, `block_view`): that is a `model.Drawing`, which a printer per format writes down.
"""
