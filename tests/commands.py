"""Run `citewise` in this process, for the tests of its commands."""

from click.testing import CliRunner, Result

from qa.cli import main


def run(*arguments: str) -> Result:
    """Return what a command line prints and how it exits; what is no exit is raised."""
    result = CliRunner().invoke(main, list(arguments), prog_name="citewise")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
