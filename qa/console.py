"""How answers, hits and reports look: styled on a terminal, plain text in a pipe.

Pure functions make lines of styled pieces; `write` alone prints. Nothing here asks or searches,
and rich is imported only when there is a terminal to style.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TextIO

from qa.answers import Answer, Citation
from qa.evaluation import Evaluation

if TYPE_CHECKING:
    from index import BuildReport, Hit, Progress, Summary

Style = Literal["", "mark", "strong", "muted", "warning"]
Line = list[tuple[str, Style]]

_RICH_STYLES = {
    "": "", "mark": "black on yellow", "strong": "bold", "muted": "dim", "warning": "yellow",
}  # fmt: skip
# What would steer a terminal or turn its text around; documents may hold it.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_STAGES = {"reading": "Reading", "encoding": "Encoding", "writing": "Writing"}


def write(lines: Iterable[Line], stream: TextIO) -> None:
    """Print lines: styled and wrapped at words on a terminal, as they are anywhere else.

    Control characters are shown as U+FFFD.
    """
    cleaned = [[(_UNPRINTABLE.sub("\ufffd", text), style) for text, style in x] for x in lines]
    if not stream.isatty():
        for line in cleaned:
            stream.write("".join(text for text, _ in line) + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    for line in cleaned:
        pieces = ((_unwrapped(text), _RICH_STYLES[style]) for text, style in line)
        console.print(Text.assemble(*pieces))


def answer_lines(answer: Answer) -> list[Line]:
    """Return the lines that show an answer, or the abstention with its nearest passages."""
    lines: list[Line] = []
    if answer.rewritten != answer.question:
        lines += [[("Understood as: ", "muted"), (answer.rewritten, "strong")], []]
    if answer.answered:
        for citation in answer.citations:
            lines += [_citation_line(citation, f"[{citation.number}]")]
        return [*lines, [(f"Confidence: {100 * answer.confidence:.0f}%", "muted")]]
    said: Line = [("Not in the documents.", "warning")]
    lines.append([*said, (f" {answer.reason}", "")] if answer.reason else said)
    if answer.nearest:
        lines.append([("The nearest passages, which do not answer it:", "muted")])
        lines += [_citation_line(citation, "-") for citation in answer.nearest]
    return lines


def hit_lines(hits: Iterable["Hit"]) -> list[Line]:
    """Return the lines that show search hits, best first."""
    lines: list[Line] = []
    for number, hit in enumerate(hits, start=1):
        chunk, document = hit.chunk, hit.document
        page = document.page(chunk.start)
        place = f"p. {page}" if page else f"line {document.line(chunk.start)}"
        lines += [
            [
                (f"{number}. ", "strong"),
                (f"{hit.score:.3f}  ", ""),
                (_joined(document.title, document.source), "strong"),
                (f", {place}, characters {chunk.start}–{chunk.end}", "muted"),
            ],
            [("   ", ""), (_one_line(chunk.text), "")],
        ]
    return lines or [[("Nothing found.", "warning")]]


def report_lines(report: "BuildReport", *, index: str, ask: str) -> list[Line]:
    """Return the lines that sum up a build; `ask` is the command to go on with."""
    encoded = len(report.added) + len(report.changed)
    if not report.reused_chunks:
        encoded = report.documents
    lines: list[Line] = [
        [
            (f"Read {_count(report.documents, 'document')}: {len(report.added):,} added, ", ""),
            (f"{len(report.changed):,} changed, {len(report.removed):,} removed.", ""),
        ],
        [
            (f"Encoded {_count(report.encoded_chunks, 'chunk')} of ", ""),
            (f"{_count(encoded, 'document')}; {report.reused_chunks:,} reused.", ""),
        ],
    ]
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for problem in report.problems:
        reasons[problem.reason].append(problem.source)
    if reasons:
        lines.append([(f"{_count(len(report.problems), 'file')} left out:", "warning")])
    for reason, sources in reasons.items():
        lines.append([(f"  {reason} ({len(sources):,})", "warning")])
        lines += [[(f"    {source}", "")] for source in sources]
    return [
        *lines,
        [("Index: ", ""), (index, "strong"), (f", {_count(report.chunks, 'chunk')}, ", "")]
        + [(f"{report.seconds:.1f} seconds.", "")],
        [("Ask it: ", "muted"), (ask, "strong")],
    ]


def evaluation_lines(evaluation: Evaluation) -> list[Line]:
    """Return the lines that show an evaluation: counts, then each mistake."""
    figures = evaluation.to_dict()
    lines: list[Line] = []
    for name, count in figures["counts"].items():
        share = figures["percentages"].get(name)
        indented = f"  {name.partition(': ')[2]}" if ":" in name else f"{name} questions"
        tail = f"  {share:5.1f}%" if share is not None else ""
        lines.append([(f"{indented:<36}", ""), (f"{count:>6,}{tail}", "strong")])
    if evaluation.median_milliseconds is not None:
        lines.append([("median time of a question", ""), (
            f"{evaluation.median_milliseconds:>14.0f} ms", "strong")])  # fmt: skip
    if evaluation.mistakes:
        lines += [[], [("What went wrong", "strong")]]
    for result in evaluation.mistakes:
        came = "evidence in a later citation" if result.outcome == "first three" else result.outcome
        head = f"{came}, confidence {100 * result.confidence:.0f}%"
        expected = result.question.answer or "no answer in the documents"
        quote = _one_line(result.quote or "no quote")
        lines += [
            [(f"  {result.question.name}  {result.question.question}", "strong")],
            [(f"    {head}; expected: {expected}", "warning")],
            [(f"    {quote}", ""), (f" — {result.source or 'no source'}", "muted")],
        ]
    return lines


def info_lines(facts: dict[str, str], summaries: Iterable["Summary"]) -> list[Line]:
    """Return the lines that describe an index and list its documents."""
    width = max(map(len, facts), default=0)
    lines: list[Line] = [[(f"{name:<{width}}  ", "muted"), (v, "")] for name, v in facts.items()]
    lines += [[], [("Documents", "strong")]]
    for summary in summaries:
        lines.append(
            [
                (f"  {_joined(summary.title, summary.source)}", ""),
                (f", {summary.date}" if summary.date else "", "muted"),
                (f", {_count(summary.chunks, 'chunk')}", "muted"),
            ]
        )
    return lines


@contextmanager
def progress_shown(
    stream: TextIO, *, seconds: float = 1.0
) -> Iterator[Callable[["Progress"], None]]:
    """Yield a callback for `build_index` that shows bars on a terminal and lines in a log.

    A log gets one line when a stage begins and one at each further tenth of it, no more than one
    every `seconds`.
    """
    if not stream.isatty():
        yield _logger(stream, seconds)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True), console=Console(file=stream),
    )  # fmt: skip
    with bars:
        tasks = {}

        def show(progress: "Progress") -> None:
            if progress.stage not in tasks:
                tasks[progress.stage] = bars.add_task(_STAGES[progress.stage])
            bars.update(tasks[progress.stage], completed=progress.done, total=progress.total)

        yield show


def _logger(stream: TextIO, seconds: float) -> Callable[["Progress"], None]:
    stage, tenth, last = "", 0, 0.0

    def show(progress: "Progress") -> None:
        nonlocal stage, tenth, last
        now, reached = time.monotonic(), 10 * progress.done // max(progress.total, 1)
        if progress.stage == stage and (reached <= tenth or now - last < seconds):
            return
        stage, tenth, last = progress.stage, reached, now
        stream.write(f"{_STAGES[stage]} {progress.done:,} of {progress.total:,}\n")
        stream.flush()

    return show


def _citation_line(citation: Citation, number: str) -> Line:
    quote: Line = []
    place, text = 0, citation.quote
    for start, end in citation.highlights:
        first, last = max(start - citation.start, place), end - citation.start
        quote += [(text[place:first], ""), (text[first:last], "mark")]
        place = max(place, last)
    quote.append((text[place:], ""))
    return [
        (f"{number} ", "strong"), ('"', ""), *quote, ('"', ""),
        (f"  — {_place(citation)}", "muted"),
    ]  # fmt: skip


def _place(citation: Citation) -> str:
    parts = [
        _joined(citation.title, citation.source),
        f"p. {citation.page}" if citation.page is not None else f"line {citation.line}",
        citation.date or "",
        f"characters {citation.start}–{citation.end}",
        f"also in {', '.join(citation.also)}" if citation.also else "",
    ]
    return ", ".join(part for part in parts if part)


def _joined(title: str, source: str) -> str:
    return f"{title}, {source}" if title and title != source else source


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _unwrapped(text: str) -> str:
    """Return `text` with its line breaks as spaces: a terminal wraps at its own width."""
    return re.sub(r"[ \t]*\n\s*", " ", text)
