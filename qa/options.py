"""What the commands share: options, examples, errors on one line, JSON on stdout."""

import functools
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar

import click

from corpus.errors import CitewiseError

P = ParamSpec("P")
T = TypeVar("T")


class _Failure(click.ClickException):
    """An error that a person can do something about, on one line of stderr."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"citewise: {' '.join(self.message.splitlines())}", err=True)


def errors_on_one_line(command: Callable[P, T]) -> Callable[P, T]:
    """Turn our errors into one line and exit 1, an interrupt into exit 130."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except BrokenPipeError:
            raise  # click ends quietly
        except CitewiseError as exc:
            raise _Failure(str(exc)) from exc
        except OSError as exc:
            where = f"{exc.filename}: " if exc.filename else ""
            raise _Failure(f"{where}{exc.strerror or exc}. See to that and run it again.") from exc
        except KeyboardInterrupt:
            click.get_current_context().exit(130)

    return run


def _verbose(_context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        logging.basicConfig(stream=sys.stderr, format="%(name)s: %(message)s")
        for package in ("corpus", "index", "qa", "ui"):
            logging.getLogger(package).setLevel(logging.INFO)


verbose_option = click.option(
    "-v", "--verbose", is_flag=True, expose_value=False, callback=_verbose,
    help="Say on stderr what each stage does.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
index_option = click.option(
    "--index", type=click.Path(path_type=Path), envvar="CITEWISE_INDEX", metavar="DIR",
    help="The index to use; without it the shipped corpus. Also read from CITEWISE_INDEX.",
)  # fmt: skip


_FILTERS: dict[str, dict[str, Any]] = {
    "--document": {
        "multiple": True, "metavar": "SOURCE",
        "help": "Search only this document, by its source or id; repeat it for several.",
    },
    "--folder": {"metavar": "FOLDER", "help": "Search only documents in this folder or below."},
    "--after": {"metavar": "DATE", "help": "Search only documents of this day, month or year on."},
    "--before": {"metavar": "DATE", "help": "Search only documents up to this date: 2019-05."},
    "--language": {"metavar": "CODE", "help": "Search only documents in this language: en, zh."},
    "--newest-first": {"is_flag": True, "help": "Of what answers equally, show the newest first."},
}  # fmt: skip


def filter_options(command: Callable[..., T]) -> Callable[..., T]:
    """Add the options that say which documents are searched; the command gets ``filters``."""

    @functools.wraps(command)
    def run(*args: Any, document: tuple[str, ...], **kwargs: Any) -> T:
        from index.filters import Filters

        names = ("folder", "after", "before", "language", "newest_first")
        values = {name: kwargs.pop(name) for name in names}
        try:
            filters = Filters(documents=document, **values)
        except ValueError as exc:
            raise click.UsageError(str(exc)) from exc
        return command(*args, filters=filters, **kwargs)

    decorated: Callable[..., T] = run
    for name, settings in reversed(_FILTERS.items()):
        decorated = click.option(name, **settings)(decorated)
    return decorated


def examples(*lines: str) -> str:
    """Return the lines as the examples of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def as_text(value: object) -> str:
    """Return a value as JSON, as it is printed."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(as_text(value))
