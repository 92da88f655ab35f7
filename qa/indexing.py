"""The `citewise index` commands: build an index, look at it, check it, go back a build."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.options import (
    errors_on_one_line,
    examples,
    index_option,
    json_option,
    print_json,
    verbose_option,
)

if TYPE_CHECKING:
    from index import BuildReport
    from index.export import Precision

DEFAULT_INDEX = Path("citewise-index")  # where `index build PATH` writes without --index


@click.group(name="index")
def index_() -> None:
    """Build an index of documents, look at one, check it, or go back to the one before."""


@index_.command(
    epilog=examples(
        "citewise index build ~/reports notes.md",
        "citewise index build ~/reports --index reports-index",
        "citewise index build ~/reports --full --strict",
        "citewise index build                            the shipped corpus, again",
    )
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option(
    "--index", type=click.Path(path_type=Path), envvar="CITEWISE_INDEX", metavar="DIR",
    help=f"Where the index goes, ./{DEFAULT_INDEX} without it. Also read from CITEWISE_INDEX.",
)  # fmt: skip
@click.option("--full", is_flag=True, help="Encode every chunk again, not only new ones.")
@click.option("--strict", is_flag=True, help="Stop at the first file that cannot be read.")
@click.option(
    "--model", metavar="NAME",
    help="A sentence-transformers model, by name or folder; without it the bundled one.",
)  # fmt: skip
@click.option(
    "--precision", type=click.Choice(["float32", "bfloat16", "int8"]),
    help="Of the encoder's arithmetic; without it the fastest on this machine for a large index, "
    "float32 for a small one. In the mean they rank within 0.3% of each other.",
)  # fmt: skip
@json_option
@verbose_option
@errors_on_one_line
def build(
    paths: tuple[Path, ...],
    index: Path | None,
    full: bool,
    strict: bool,
    model: str | None,
    precision: "Precision | None",
    as_json: bool,
) -> None:
    """Index the documents at each PATH, a file or a folder read with its subfolders.

    The index then holds these documents and no others. When it exists already, only new and
    changed documents are encoded. Without PATH, the shipped corpus is indexed where `citewise ask`
    looks for it.
    """
    from qa.console import report_lines, write
    from qa.shipped import SHIPPED_DOCUMENTS, SHIPPED_PRECISION, shipped_index_path

    if not paths and precision is None:
        precision = SHIPPED_PRECISION
    place = index or (DEFAULT_INDEX if paths else shipped_index_path())
    report = built(
        paths or (SHIPPED_DOCUMENTS,), place, model=model, precision=precision, full=full,
        strict=strict,
    )  # fmt: skip
    option = f"--index {shlex.quote(str(place))} " if index or paths else ""
    if as_json:
        print_json(asdict(report) | {"index": str(place)})
    else:
        ask = f'citewise ask {option}"..."'
        write(report_lines(report, index=str(place), ask=ask), sys.stdout)


@index_.command(
    epilog=examples("citewise index info", "citewise index info --index reports-index --json")
)
@index_option
@json_option
@verbose_option
@errors_on_one_line
def info(index: Path | None, as_json: bool) -> None:
    """Show what an index was built with, and its documents."""
    from index import Index
    from qa.console import info_blocks, write

    opened = Index.open(chosen(index))
    summaries = opened.summaries()
    if as_json:
        print_json(
            {
                "path": str(opened.path),
                "manifest": dict(opened.manifest),
                "documents": [asdict(summary) for summary in summaries],
            }
        )
    else:
        write(info_blocks(opened, summaries), sys.stdout)


@index_.command(
    epilog=examples("citewise index verify", "citewise index verify --index reports-index --json")
)
@index_option
@json_option
@verbose_option
@errors_on_one_line
def verify(index: Path | None, as_json: bool) -> None:
    """Check every file and every passage of an index, and name what is damaged.

    Exit status 0: sound; 1: damaged.
    """
    from index.verifying import verify
    from qa.console import verification_lines, write
    from qa.progress import counting

    place = chosen(index)
    with counting(sys.stderr, "Checking") as progress:
        found = verify(place, progress=progress)
    if as_json:
        print_json(asdict(found) | {"sound": found.sound})
    else:
        write(verification_lines(found), sys.stdout)
    if not found.sound:
        click.get_current_context().exit(1)


@index_.command(epilog=examples("citewise index rollback --index reports-index"))
@index_option
@json_option
@verbose_option
@errors_on_one_line
def rollback(index: Path | None, as_json: bool) -> None:
    """Return to what the index was before the last build.

    A second rollback returns to where the first one began.
    """
    from index.publishing import rollback

    place = chosen(index)
    restored, name = rollback(place)
    if as_json:
        print_json({"index": str(place), "restored": restored, "generation": name})
    else:
        click.echo(f"{place} is as it was in {restored} again, published as {name}.")


def chosen(index: Path | None) -> Path:
    """Return the index to use; the shipped corpus is indexed first where that was never done."""
    from index.generations import current_name
    from qa.shipped import SHIPPED_DOCUMENTS, SHIPPED_PRECISION, shipped_index_path

    if index is not None:
        return index
    shipped = shipped_index_path()
    if current_name(shipped) is None:
        click.echo("Indexing the shipped corpus, this once ...", err=True)
        built((SHIPPED_DOCUMENTS,), shipped, precision=SHIPPED_PRECISION)
    return shipped


def built(
    paths: Sequence[Path],
    place: Path,
    *,
    model: str | None = None,
    precision: "Precision | None" = None,
    full: bool = False,
    strict: bool = False,
) -> "BuildReport":
    """Build an index under a progress bar."""
    from index import build_index
    from qa.progress import progress_shown

    with progress_shown(sys.stderr) as progress:
        built = build_index(
            paths, place, model=model, precision=precision, full=full, strict=strict,
            progress=progress,
        )  # fmt: skip
    built.close()
    assert built.report is not None, "an index that was just built has a report"
    return built.report
