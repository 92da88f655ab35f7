"""The `citewise` command: each command is a thin call of the library, and this is where we print.

Results go to stdout, progress and errors to stderr. Only click is imported until a command runs.
Exit status: 0 done or answered, 1 an error, 2 wrong usage, 3 not in the documents, 130 interrupted.
"""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

import click

from corpus.errors import CitewiseError
from qa.indexing import chosen, index_
from qa.options import (
    as_text,
    errors_on_one_line,
    examples,
    filter_options,
    index_option,
    json_option,
    print_json,
    verbose_option,
)

if TYPE_CHECKING:
    from index import Filters

P = ParamSpec("P")
T = TypeVar("T")


def _secret(option: str, metavar: str, meaning: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return an option for a secret and one for a file with it; both are read from variables too.

    They fill ``auth`` and ``auth_file``, or ``api_key`` and ``api_key_file``.
    """
    variable = f"CITEWISE_{option[2:].upper().replace('-', '_')}"
    file = click.Path(path_type=Path)

    def decorate(command: Callable[P, T]) -> Callable[P, T]:
        for name, kind, shown, source in [
            (f"{option}-file", file, "FILE", f"{variable}_FILE"), (option, str, metavar, variable),
        ]:  # fmt: skip
            words = f"{meaning}. Also {variable}, or a file: {option}-file, {variable}_FILE."
            command = click.option(
                name, type=kind, envvar=source, metavar=shown, help=words, hidden=kind is file
            )(command)
        return command

    return decorate


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        'citewise ask "How many smart city pilots are there?"',
        "citewise index build ~/reports --index reports-index",
        'citewise ask "Who signed it?" --index reports-index',
        "citewise ui",
    ),
)
@click.version_option(package_name="citewise", message="citewise %(version)s")
@verbose_option
def main() -> None:
    """Answers from your documents in the documents' own words, cited to the character, offline.

    Exit status: 0 answered, 3 not in the documents, 1 an error, 2 wrong usage.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a quote may not fit the terminal's encoding


@main.command(
    epilog=examples(
        'citewise ask "By what year does Hong Kong plan to become a smart city?"',
        'citewise ask "Who signed it?" --index reports-index -k 1',
        'citewise ask "And when?" --history "Who signed the agreement?"',
        'citewise ask "How many?" --folder news --after 2019 --newest-first',
        'citewise ask "Who signed it?" --json | jq -r .text',
        'citewise ask "Who signed it?" --format bibtex >> sources.bib',
    )
)
@click.argument("question")
@index_option
@click.option("-k", type=click.IntRange(1), default=3, show_default=True, help="Quotes at most.")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), metavar="0–1",
    help="Confidence below which it abstains; without it the fitted one.",
)  # fmt: skip
@click.option(
    "--history", multiple=True, metavar="QUESTION",
    help="An earlier question that this one follows; repeat it, oldest first.",
)  # fmt: skip
@filter_options
@click.option(
    "--format", "form", type=click.Choice(["markdown", "bibtex", "csl", "json"]),
    help="Print the answer for other programs; json is --json.",
)  # fmt: skip
@json_option
@verbose_option
@errors_on_one_line
def ask(
    question: str,
    index: Path | None,
    k: int,
    threshold: float | None,
    history: tuple[str, ...],
    filters: "Filters",
    form: Literal["markdown", "bibtex", "csl", "json"] | None,
    as_json: bool,
) -> None:
    """Answer QUESTION with quotes, or say that the documents do not.

    Exit status 0: answered; 3: not in the documents, the nearest passages are shown.
    """
    from qa.assistant import Assistant
    from qa.console import answer_lines, write
    from qa.export import export

    asked = _text(question)
    assistant = Assistant.open(chosen(index))
    answer = assistant.ask(asked, k=k, threshold=threshold, history=history, filters=filters)
    if as_json or form == "json":
        print_json(answer.to_dict())
    elif form is not None:
        click.echo(export([answer], form), nl=False)
        if form != "markdown" and not answer.answered:  # there is nothing to cite
            click.echo(f"Not in the documents. {answer.reason}", err=True)
    else:
        write(answer_lines(answer), sys.stdout)
    if not answer.answered:
        click.get_current_context().exit(3)


@main.command(
    epilog=examples(
        'citewise search "smart grid pilots"',
        'citewise search "smart grid" --language zh --before 2020',
        'citewise search "smart grid" --index reports-index -k 3 --json | jq -r ".[].source"',
    )
)
@click.argument("question")
@index_option
@click.option("-k", type=click.IntRange(1), default=10, show_default=True, help="Hits at most.")
@filter_options
@json_option
@verbose_option
@errors_on_one_line
def search(question: str, index: Path | None, k: int, filters: "Filters", as_json: bool) -> None:
    """List the passages nearest to QUESTION, best first, without reading an answer out of them."""
    from index import Index
    from qa.console import hit_blocks, write

    asked = _text(question)
    hits = Index.open(chosen(index)).search(asked, k=k, filters=filters)
    if not as_json:
        if not hits:
            click.echo(f"No document passes the filter ({filters.describe()}).", err=True)
        write(hit_blocks(hits), sys.stdout)
        return
    print_json(
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


main.add_command(index_)


@main.command(
    name="eval",
    epilog=examples(
        "citewise eval questions.jsonl --index reports-index",
        "citewise eval questions.jsonl --match answer --output results.json",
        "citewise eval questions.jsonl --compare results.json --plot confidence.png",
        "citewise eval --index reports-index              what people said of its answers",
        "",
        "A row of the file:",
        '  {"question": "Who signed it?", "evidence": ["signed by Ms Wu"],',
        '   "source": "minutes.txt", "answer": "Ms Wu"}',
        "answer null: the documents do not say; source null: from any document.",
    ),
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@index_option
@click.option(
    "--match", type=click.Choice(["evidence", "answer"]), default="evidence", show_default=True,
    help="What a right quote holds: evidence from the row's source, or the answer from anywhere.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False, writable=True), metavar="FILE",
    help="Save the figures and every result there too, as JSON.",
)  # fmt: skip
@click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False, writable=True), metavar="FILE.png",
    help="Draw error by coverage and share right by confidence there.",
)  # fmt: skip
@click.option(
    "--compare", type=click.Path(path_type=Path, dir_okay=False), metavar="OLD.json",
    help="Compare with figures saved by --output; exit 1 if any fell.",
)  # fmt: skip
@json_option
@verbose_option
@errors_on_one_line
def evaluate(
    file: Path | None,
    index: Path | None,
    match: Literal["evidence", "answer"],
    output: Path | None,
    plot: Path | None,
    compare: Path | None,
    as_json: bool,
) -> None:
    """Ask the questions of FILE, one JSON object a line, and count how often the quote is right.

    Without FILE, the feedback that people gave on answers from the index is replayed.

    Rows that no quote could prove right, as their source is no document or the evidence stands
    nowhere in it, are left out, counted and named; if none is left, that is an error.
    """
    from qa import comparison
    from qa.assistant import Assistant
    from qa.console import comparison_blocks, evaluation_blocks, misfit_lines, write
    from qa.evaluation import evaluate, load_questions
    from qa.feedback import Feedback
    from qa.labels import misfits
    from qa.plotting import plot_confidence

    earlier = None if compare is None else comparison.load_results(compare, match=match)
    questions = load_questions(file) if file else Feedback.of(index).questions()
    assistant = Assistant.open(chosen(index))
    left_out = misfits(questions, assistant.index, match=match)
    if left_out and len(left_out) == len(questions):
        write(misfit_lines(left_out, "These rows do not fit the documents:"), sys.stderr)
        raise CitewiseError(
            f"{file or 'The feedback'} has no row that a quote could prove right; all "
            f"{len(left_out)} are named above. Expected sources as `citewise index info` lists "
            "them and words that stand in them. Correct the rows, or name the index they are for "
            "by --index."
        )
    unfit = {misfit.question for misfit in left_out}
    evaluation = evaluate(assistant, [q for q in questions if q not in unfit], match=match)
    results = evaluation.to_dict() | {"left_out": [misfit.to_dict() for misfit in left_out]}
    compared = None if earlier is None else comparison.compare(earlier, results)
    if compared is not None:
        results["compared"] = compared.to_dict()
    if output is not None:
        output.write_text(as_text(results) + "\n", encoding="utf-8")
        click.echo(f"Saved figures and results: {output}", err=True)
    if plot is not None:
        plot_confidence({file.name if file else "feedback": evaluation.outcomes}, plot)
        click.echo(f"Saved plot: {plot}", err=True)
    if as_json:
        print_json(results)
    else:
        head = f"Left out, as no quote could prove them right: {len(left_out)} of {len(questions)}"
        write(misfit_lines(left_out, head), sys.stdout)
        write(evaluation_blocks(evaluation), sys.stdout)
        write([] if compared is None else comparison_blocks(compared, match), sys.stdout)
    if compared is not None and compared.worse:
        raise CitewiseError(
            f"Worse than {compare}: {', '.join(compared.worse)}. See what was lost above, or in "
            '"compared" of the figures.'
        )


@main.command(
    epilog=examples(
        "citewise ui",
        "citewise ui --index reports-index --port 8000",
        "CITEWISE_AUTH=ann:secret citewise ui --host 0.0.0.0 --allow-host reports.example",
    )
)
@index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=7860, show_default=True)
@click.option(
    "--allow-host", "names", multiple=True, metavar="NAME",
    help="A name by which others reach this server; addresses and localhost always work.",
)  # fmt: skip
@_secret("--auth", "USER:PASSWORD", "Let in only who knows these")
@_secret("--api-key", "KEY", "Let in programs that bring this key, too")
@verbose_option
@errors_on_one_line
def ui(index: Path | None, host: str, port: int, names: tuple[str, ...], **secrets: Any) -> None:
    """Serve the chat page, REST below /v1 and MCP at /mcp until interrupted."""
    page = importlib.import_module("ui")  # above us in the import order: only started from here
    server = importlib.import_module("server")
    credentials = server.Credentials.of(**secrets)
    page.serve(index=chosen(index), host=host, port=port, credentials=credentials, names=names)


@main.command(epilog=examples("citewise mcp", "citewise mcp --index reports-index"))
@index_option
@verbose_option
@errors_on_one_line
def mcp(index: Path | None) -> None:
    """Serve MCP tools over stdin and stdout, for a program that starts this one."""
    importlib.import_module("server").serve_tools(chosen(index))


def _text(question: str) -> str:
    if not question.strip():
        raise click.BadParameter("is empty; ask something.", param_hint="QUESTION")
    return question
