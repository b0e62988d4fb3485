"""`python -m resdsl` is `resdsl`."""

from resdsl.cli import main

main(prog_name="resdsl")
