"""How answers, hits and reports look: styled on a terminal, plain text in a pipe.

Pure functions make lines of styled pieces; `write` alone prints. Nothing here asks or searches,
and rich is imported only when there is a terminal to style.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO

from qa.answers import Answer, Citation
from qa.calibration import FEWEST, FEWEST_OF_EACH
from qa.comparison import Comparison
from qa.evaluation import Evaluation, Match
from qa.labels import Misfit

if TYPE_CHECKING:
    from index import BuildReport, Hit, Index, Summary
    from index.verifying import Verification

Style = Literal["", "mark", "place", "strong", "muted", "warning"]
Line = list[tuple[str, Style]]

_RICH_STYLES = {
    "": "", "mark": "bold black on yellow", "place": "dim", "strong": "bold", "muted": "dim",
    "warning": "yellow",
}  # fmt: skip
# What would steer a terminal or turn its text around; documents may hold it.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_EXPECTED = {
    "answerable": "", "unanswerable": "no answer in the documents",
    "reported": "another answer: a person called this one wrong or missing",
}  # fmt: skip
_MATCHED: dict[Match, str] = {
    "evidence": "a right quote holds the row's evidence and comes from its source",
    "answer": "a right quote holds the row's answer and comes from any document",
}
_LONGEST_CELL = 240  # characters of a table cell on a terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells under column names; columns in `figures` line up on the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: frozenset[str] = frozenset()


Block = Line | Table


def write(blocks: Iterable[Block], stream: TextIO) -> None:
    """Print lines and tables: styled on a terminal, with long cells cut and places on own lines.

    Anywhere else lines come as they are and tables as tab-separated rows under their column names.
    Control characters are shown as U+FFFD.
    """
    if stream.isatty():
        _write_styled(blocks, stream)
        return
    for block in blocks:
        if isinstance(block, Table):
            for row in (block.columns, *block.rows):
                stream.write("\t".join(" ".join(_printable(cell).split()) for cell in row) + "\n")
        else:
            stream.write(_printable("".join(text for text, _ in block)) + "\n")


def _write_styled(blocks: Iterable[Block], stream: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table as Styled
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    for block in blocks:
        if isinstance(block, Table):
            styled = Styled(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
            for name in block.columns:
                right = name in block.figures
                justify: Literal["left", "right"] = "right" if right else "left"
                styled.add_column(name, justify=justify, no_wrap=right, overflow="fold")
            for row in block.rows:
                styled.add_row(*(Text(_cut(_one_line(_printable(cell)))) for cell in row))
            console.print(styled)
            continue
        words = [(_unwrapped(_printable(text)), style) for text, style in block]
        pieces = ((text, _RICH_STYLES[style]) for text, style in words if style != "place")
        console.print(Text.assemble(*pieces))
        for text, style in words:
            if style == "place":
                place = Text(text.strip(" —"), style=_RICH_STYLES[style])
                console.print(Padding(place, (0, 0, 1, 4)))


def answer_lines(answer: Answer) -> list[Line]:
    """Return the lines that show an answer, or the abstention with its nearest passages."""
    lines: list[Line] = []
    if answer.rewritten != answer.question:
        lines += [[("Understood as: ", "muted"), (answer.rewritten, "strong")], []]
    if answer.answered:
        if answer.difference:
            lines += [[(answer.difference, "warning")], []]
        for citation in answer.citations:
            lines += _citation_lines(citation, f"[{citation.number}]")
        return [*lines, [(f"Confidence: {100 * answer.confidence:.0f}%", "muted")]]
    said: Line = [("Not in the documents.", "warning")]
    lines.append([*said, (f" {answer.reason}", "")] if answer.reason else said)
    if answer.nearest:
        lines.append([("The nearest passages, which do not answer it:", "muted")])
        for citation in answer.nearest:
            lines += _citation_lines(citation, "-")
    return lines


def hit_blocks(hits: Iterable["Hit"]) -> list[Block]:
    """Return the table that shows search hits, best first."""
    rows = []
    for number, hit in enumerate(hits, start=1):
        chunk, document = hit.chunk, hit.document
        place = _place(document.page(chunk.start), document.line(chunk.start))
        where = f"{document.source}, {place}, characters {chunk.start}–{chunk.end}"
        rows.append((str(number), f"{hit.score:.3f}", where, chunk.text))
    columns = ("#", "Score", "Where", "Text")
    return [Table(columns=columns, rows=tuple(rows), figures=frozenset({"#", "Score"}))]


def report_lines(report: "BuildReport", *, index: str, ask: str) -> list[Line]:
    """Return the lines that sum up a build; `ask` is the command to go on with."""
    encoded = min(report.added + report.changed, report.encoded_chunks)
    lines: list[Line] = [
        [
            (f"Read {_count(report.documents, 'document')}: {report.added:,} added, ", ""),
            (f"{report.changed:,} changed, {report.removed:,} removed.", ""),
        ],
        [
            (f"Encoded {_count(report.encoded_chunks, 'chunk')} of ", ""),
            (f"{_count(encoded, 'document')}; {report.reused_chunks:,} reused", ""),
            (
                f", {report.resumed_chunks:,} from a build cut short"
                if report.resumed_chunks
                else "",
                "",
            ),
            (".", ""),
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
        [
            ("Index: ", ""),
            (index, "strong"),
            (f", {_count(report.chunks, 'chunk')}, {report.seconds:.1f} seconds.", ""),
        ],
        [("Ask it: ", "muted"), (ask, "strong")],
    ]


def misfit_lines(misfits: Iterable[Misfit], head: str) -> list[Line]:
    """Return the lines that name questions whose labels fit no document, under a head if any."""
    rows: list[Line] = [
        [
            (f"  line {misfit.question.line}: ", "strong"),
            (f"{misfit.reason} ({misfit.question.question})", ""),
        ]
        for misfit in misfits
    ]
    return [[(head, "warning")], *rows] if rows else []


def evaluation_blocks(evaluation: Evaluation) -> list[Block]:
    """Return the blocks that show an evaluation: counts, then each mistake."""
    match = evaluation.match
    figures = evaluation.to_dict()
    rows = []
    for name, count in figures["counts"].items():
        share = figures["percentages"].get(name)
        shown = name.replace("evidence", match)
        rows.append((shown, f"{count:,}", "" if share is None else f"{share:.1f}%"))
    blocks: list[Block] = [
        [("Matched by ", ""), (match, "strong"), (f": {_MATCHED[match]}.", "")],
        [("Right: such a quote first or, where the documents do not answer, an abstention.", "")],
        Table(
            columns=("Questions", "Count", "Share"), rows=tuple(rows),
            figures=frozenset({"Count", "Share"}),
        )
    ]  # fmt: skip
    if evaluation.median_milliseconds is not None:
        blocks.append([(f"Median time of a question: {evaluation.median_milliseconds:.0f} ms", "")])
    blocks += _confidence_lines(figures["confidence"])
    if evaluation.mistakes:
        blocks += [[], [("What went wrong", "strong")]]
    for result in evaluation.mistakes:
        name = result.question.name or f"line {result.question.line}"
        came = f"{match} in a later citation" if result.outcome == "first three" else result.outcome
        expected = result.question.answer or _EXPECTED[result.question.kind]
        quote = _one_line(result.quote or "nothing")
        blocks += [
            [(f"  {name}  {result.question.question}", "strong")],
            [(f"    {came}, confidence {100 * result.confidence:.0f}%", "warning")],
            [(f"    expected: {expected}", "")],
            [(f"    quoted: {quote}", ""), (f"  — {result.source or 'no source'}", "place")],
        ]
    return blocks


def _confidence_lines(figures: Mapping[str, Any]) -> list[Line]:
    """Return the lines that say how far the confidence of some first quotes can be trusted."""
    if not figures["questions"]:
        return []
    right, wrong = figures["right"], figures["questions"] - figures["right"]
    head = (
        "Confidence that the first quote answers, of an abstention the nearest one, as "
        f"{right:,} do and {wrong:,} do not:"
    )
    enough = figures["enough_to_tell"]
    few = f"too few to tell (at least {FEWEST} questions"
    told = f"{few}, {FEWEST_OF_EACH} of either kind)"
    if enough["auroc"]:
        told = f"{figures['auroc']:.3f}"
    gaps = f"calibration error and error at 80% coverage {few})"
    if enough["calibration_error"]:
        gaps = (
            f"calibration error {figures['calibration_error']:.3f}, "
            f"error at 80% coverage {figures['error_at_80_coverage']:.3f}"
        )
    return [[(head, "")], [(f"  told apart (AUROC) {told}, {gaps}", "")]]


def comparison_blocks(comparison: Comparison, match: Match) -> list[Block]:
    """Return the blocks that show what changed since earlier figures that were matched alike."""
    rows = tuple(
        (name.replace("evidence", match), f"{before:,}", f"{now:,}")
        for name, (before, now) in comparison.figures.items()
    )
    title = f"Compared on {_count(comparison.questions, 'question')}"
    blocks: list[Block] = [
        [],
        Table(columns=(title, "Before", "Now"), rows=rows, figures=frozenset({"Before", "Now"})),
    ]
    for word, questions in (("Lost", comparison.lost), ("Gained", comparison.gained)):
        blocks += [[(f"{word}: ", "strong"), (question, "")] for question in questions]
    return blocks


def info_blocks(index: "Index", summaries: Sequence["Summary"]) -> list[Block]:
    """Return the blocks that describe an index and list its documents."""
    manifest = index.manifest
    facts = {
        "Index": f"{index.path} ({index.generation}, built {manifest['created']} by Citewise "
        f"{manifest['citewise']})",
        "Model": f"{manifest['model']}, {manifest['dimension']} dimensions, SHA-256 "
        f"{manifest['checksum']}",
        "Holds": f"{_count(manifest['documents'], 'document')}, "
        f"{_count(manifest['chunks'], 'chunk')}, {_count(manifest['tokens'], 'token')}",
        "Parameters": ", ".join(f"{k} {v}" for k, v in manifest["parameters"].items()),
    }
    blocks: list[Block] = []
    for name, value in facts.items():
        blocks.append([(f"{name}: ", "muted"), (value, "")])
    rows = tuple((s.title, s.source, s.date or "", f"{s.chunks:,}") for s in summaries)
    columns = ("Title", "Source", "Date", "Chunks")
    return [*blocks, [], Table(columns=columns, rows=rows, figures=frozenset({"Chunks"}))]


def verification_lines(found: "Verification") -> list[Line]:
    """Return the lines that say what was checked and what is damaged."""
    checked = (
        f"{_count(found.files, 'file')} ({found.bytes:,} bytes), "
        f"{_count(found.documents, 'document')}, {_count(found.chunks, 'chunk')}"
    )
    if found.sound:
        return [[(f"{found.path} is sound: ", ""), (f"{found.generation}, {checked}.", "")]]
    named: list[Line] = [[(f"  {finding}", "")] for finding in found.damage]
    return [
        [(f"{found.path} is damaged:", "warning")],
        *named,
        [
            ("Return to the build before: ", "muted"),
            (f"citewise index rollback --index {found.path}", "strong"),
        ],
        [
            ("Or build it anew: ", "muted"),
            (f"citewise index build PATH... --index {found.path}", "strong"),
        ],
    ]


def _citation_lines(citation: Citation, number: str) -> list[Line]:
    """Return the line of a quote, after one with the columns' names where it is of a table."""
    columns: list[Line] = [[("Columns: ", "muted"), (_one_line(citation.header), "muted")]]
    quote: Line = []
    place, text = 0, citation.quote
    for start, end in citation.highlights:
        first, last = max(start - citation.start, place), end - citation.start
        quote += [(text[place:first], ""), (text[first:last], "mark")]
        place = max(place, last)
    quote.append((text[place:], ""))
    line: Line = [
        (f"{number} ", "strong"), ('"', ""), *quote, ('"', ""),
        (f"  — {_citation_place(citation)}", "place"),
    ]  # fmt: skip
    return [*columns, line] if citation.header else [line]


def _citation_place(citation: Citation) -> str:
    parts = [
        citation.title if citation.title != citation.source else "",
        citation.source,
        f"section “{_one_line(citation.section)}”" if citation.section else "",
        _place(citation.page, citation.line),
        citation.date or "",
        f"characters {citation.start}–{citation.end}",
        f"also in {', '.join(citation.also)}" if citation.also else "",
    ]
    return ", ".join(part for part in parts if part)


def _place(page: int | None, line: int) -> str:
    return f"line {line}" if page is None else f"p. {page}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1].rstrip()}…"


def _unwrapped(text: str) -> str:
    """Return `text` with its line breaks as spaces: a terminal wraps at its own width."""
    return re.sub(r"[ \t]*\n\s*", " ", text)
