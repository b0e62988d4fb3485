"""Images of one's own, sorted into folders."""

from __future__ import annotations

from resdsl.ir.data.data_set import DataSet, Pictures

OWN = Pictures()
FOLDER = DataSet(
    "folder",
    "Images of your own: train/CLASS/* and val/CLASS/*, as JPEG, PNG or WebP; the classes are the folders' names.",
    OWN,
)
