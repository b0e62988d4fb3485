"""One file per feature: a function of the world and what is asked. Only `diagnostics` are sent unasked."""
