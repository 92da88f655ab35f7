"""`python -m qa`: the `citewise` command."""

from qa.cli import main

main(prog_name="citewise")
