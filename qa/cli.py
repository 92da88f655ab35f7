"""The `citewise` command: each command is a thin call of the library, and this is where we print.

Results go to stdout, progress and errors to stderr. Only click is imported until a command runs.
Exit status: 0 done or answered, 1 an error, 2 wrong usage, 3 not in the documents, 130 interrupted.
"""

import functools
import importlib
import json
import logging
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import click

from corpus.errors import CitewiseError

if TYPE_CHECKING:
    from index import BuildReport

DEFAULT_INDEX = Path("citewise-index")  # where `index build PATH` writes without --index

P = ParamSpec("P")
T = TypeVar("T")


class _Failure(click.ClickException):
    """An error that a person can do something about, on one line of stderr."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"citewise: {' '.join(self.message.splitlines())}", err=True)


def _errors_on_one_line(command: Callable[P, T]) -> Callable[P, T]:
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


_verbose_option = click.option(
    "-v", "--verbose", is_flag=True, expose_value=False, callback=_verbose,
    help="Say on stderr what each stage does.",
)  # fmt: skip
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
_index_option = click.option(
    "--index", type=click.Path(path_type=Path), envvar="CITEWISE_INDEX", metavar="DIR",
    help="The index to use; without it the shipped corpus. Also read from CITEWISE_INDEX.",
)  # fmt: skip


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples(
        'citewise ask "How many smart city pilots are there?"',
        "citewise index build ~/reports --index reports-index",
        'citewise ask "Who signed it?" --index reports-index',
        "citewise ui",
    ),
)
@click.version_option(package_name="citewise", message="citewise %(version)s")
@_verbose_option
def main() -> None:
    """Answers from your documents in the documents' own words, cited to the character, offline.

    Exit status: 0 answered, 3 not in the documents, 1 an error, 2 wrong usage.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a quote may not fit the terminal's encoding


@main.command(
    epilog=_examples(
        'citewise ask "By what year does Hong Kong plan to become a smart city?"',
        'citewise ask "Who signed it?" --index reports-index -k 1',
        'citewise ask "And when?" --history "Who signed the agreement?"',
        'citewise ask "Who signed it?" --json | jq -r .text',
    )
)
@click.argument("question")
@_index_option
@click.option("-k", type=click.IntRange(1), default=3, show_default=True, help="Quotes at most.")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), metavar="0–1",
    help="Confidence below which it abstains; without it the fitted one.",
)  # fmt: skip
@click.option(
    "--history", multiple=True, metavar="QUESTION",
    help="An earlier question that this one follows; repeat it, oldest first.",
)  # fmt: skip
@_json_option
@_verbose_option
@_errors_on_one_line
def ask(
    question: str,
    index: Path | None,
    k: int,
    threshold: float | None,
    history: tuple[str, ...],
    as_json: bool,
) -> None:
    """Answer QUESTION with quotes, or say that the documents do not.

    Exit status 0: answered; 3: not in the documents, the nearest passages are shown.
    """
    from qa.assistant import Assistant
    from qa.console import answer_lines, write

    asked = _text(question)
    answer = Assistant.open(_chosen(index)).ask(asked, k=k, threshold=threshold, history=history)
    if as_json:
        _print_json(answer.to_dict())
    else:
        write(answer_lines(answer), sys.stdout)
    if not answer.answered:
        click.get_current_context().exit(3)


@main.command(
    epilog=_examples(
        'citewise search "smart grid pilots"',
        'citewise search "smart grid" --index reports-index -k 3 --json | jq -r ".[].source"',
    )
)
@click.argument("question")
@_index_option
@click.option("-k", type=click.IntRange(1), default=10, show_default=True, help="Hits at most.")
@_json_option
@_verbose_option
@_errors_on_one_line
def search(question: str, index: Path | None, k: int, as_json: bool) -> None:
    """List the passages nearest to QUESTION, best first, without reading an answer out of them."""
    from index import Index
    from qa.console import hit_blocks, write

    asked = _text(question)
    hits = Index.open(_chosen(index)).search(asked, k=k)
    if not as_json:
        write(hit_blocks(hits), sys.stdout)
        return
    _print_json(
        [
            {
                "score": float(hit.score),
                "source": hit.document.source,
                "doc_id": hit.document.doc_id,
                "start": hit.chunk.start,
                "end": hit.chunk.end,
                "text": hit.chunk.text,
            }
            for hit in hits
        ]
    )


@main.group(name="index")
def index_() -> None:
    """Build an index of documents, or look at one."""


@index_.command(
    epilog=_examples(
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
@_json_option
@_verbose_option
@_errors_on_one_line
def build(
    paths: tuple[Path, ...],
    index: Path | None,
    full: bool,
    strict: bool,
    model: str | None,
    as_json: bool,
) -> None:
    """Index the documents at each PATH, a file or a folder read with its subfolders.

    The index then holds these documents and no others. When it exists already, only new and
    changed documents are encoded. Without PATH, the shipped corpus is indexed where `citewise ask`
    looks for it.
    """
    from qa.assistant import SHIPPED_DOCUMENTS, shipped_index_path
    from qa.console import report_lines, write

    place = index or (DEFAULT_INDEX if paths else shipped_index_path())
    report = _built(paths or (SHIPPED_DOCUMENTS,), place, model=model, full=full, strict=strict)
    option = f"--index {shlex.quote(str(place))} " if index or paths else ""
    if as_json:
        _print_json(asdict(report) | {"index": str(place)})
    else:
        ask = f'citewise ask {option}"..."'
        write(report_lines(report, index=str(place), ask=ask), sys.stdout)


@index_.command(
    epilog=_examples("citewise index info", "citewise index info --index reports-index --json")
)
@_index_option
@_json_option
@_verbose_option
@_errors_on_one_line
def info(index: Path | None, as_json: bool) -> None:
    """Show what an index was built with, and its documents."""
    from index import Index
    from qa.console import info_blocks, write

    opened = Index.open(_chosen(index))
    summaries = opened.summaries()
    if as_json:
        _print_json(
            {
                "path": str(opened.path),
                "manifest": dict(opened.manifest),
                "documents": [asdict(summary) for summary in summaries],
            }
        )
    else:
        write(info_blocks(opened, summaries), sys.stdout)


@main.command(
    name="eval",
    epilog=_examples(
        "citewise eval questions.jsonl --index reports-index",
        "citewise eval questions.jsonl --match answer --output results.json",
        "",
        "A row of the file:",
        '  {"question": "Who signed it?", "evidence": ["signed by Ms Wu"],',
        '   "source": "minutes.txt", "answer": "Ms Wu"}',
        "answer null: the documents do not say; source null: from any document.",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@_index_option
@click.option(
    "--match", type=click.Choice(["evidence", "answer"]), default="evidence", show_default=True,
    help="What a right quote holds: evidence from the row's source, or the answer from anywhere.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False, writable=True), metavar="FILE",
    help="Save the figures and every result there too, as JSON.",
)  # fmt: skip
@_json_option
@_verbose_option
@_errors_on_one_line
def evaluate(
    file: Path,
    index: Path | None,
    match: Literal["evidence", "answer"],
    output: Path | None,
    as_json: bool,
) -> None:
    """Ask the questions of FILE, one JSON object a line, and count how often the quote is right."""
    from qa.assistant import Assistant
    from qa.console import evaluation_blocks, write
    from qa.evaluation import evaluate, load_questions

    questions = load_questions(file)
    evaluation = evaluate(Assistant.open(_chosen(index)), questions, match=match)
    if output is not None:
        output.write_text(_json(evaluation.to_dict()) + "\n", encoding="utf-8")
    if as_json:
        _print_json(evaluation.to_dict())
    else:
        write(evaluation_blocks(evaluation), sys.stdout)


@main.command(epilog=_examples("citewise ui", "citewise ui --index reports-index --port 8000"))
@_index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=7860, show_default=True)
@_verbose_option
@_errors_on_one_line
def ui(index: Path | None, host: str, port: int) -> None:
    """Serve the chat page until interrupted."""
    page = importlib.import_module("ui")  # above us in the import order: only started from here
    page.serve(index=_chosen(index), host=host, port=port)


def _chosen(index: Path | None) -> Path:
    """Return the index to use; the shipped corpus is indexed first where that was never done."""
    from index.generations import current_name
    from qa.assistant import SHIPPED_DOCUMENTS, shipped_index_path

    if index is not None:
        return index
    shipped = shipped_index_path()
    if current_name(shipped) is None:
        click.echo("Indexing the shipped corpus, this once ...", err=True)
        _built((SHIPPED_DOCUMENTS,), shipped)
    return shipped


def _built(
    paths: Sequence[Path],
    place: Path,
    *,
    model: str | None = None,
    full: bool = False,
    strict: bool = False,
) -> "BuildReport":
    from index import build_index
    from qa.console import progress_shown

    with progress_shown(sys.stderr) as progress:
        built = build_index(paths, place, model=model, full=full, strict=strict, progress=progress)
    built.close()
    assert built.report is not None, "an index that was just built has a report"
    return built.report


def _text(question: str) -> str:
    if not question.strip():
        raise click.BadParameter("is empty; ask something.", param_hint="QUESTION")
    return question


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _print_json(value: object) -> None:
    click.echo(_json(value))
