"""A study carried out: runs planned, trained by processes of their own, and told of in figures, tables and a page."""
