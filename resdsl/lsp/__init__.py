"""The language server: one file per feature, wired together in `server`."""
