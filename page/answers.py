"""One turn of the conversation as HTML: question, quotes with numbered chips, confidence, time."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from corpus.sentences import is_wrapped
from page.wording import confidence_words, place_of, short_source, spoken_count, spoken_date
from qa.answers import Answer, Citation

if TYPE_CHECKING:
    from index import Hit

AGAIN = (
    '<div class="cw-foot"><button type="button" class="cw-quiet" data-do="again">Ask again</button>'
    "</div>"
)
LONG_QUESTION = 300  # characters; a longer one is scrolled in, by the keyboard too
BEGINNING = 180  # characters shown of a passage while it is read
_LINK = (
    '<button type="button" class="cw-quiet" data-do="link" data-part="link"'
    ' aria-label="Copy a link to this question">Copy link</button>'
)


def error_turn(question: str, message: str) -> str:
    """Return the turn that failed, with the error's own text."""
    return f"{_question(question)}{error_note(message)}{AGAIN}"


def error_note(message: str) -> str:
    """Return the box that shows an error's own text."""
    return f'<div class="cw-error" role="alert"><p>{escape(message)}</p></div>'


def turn(answer: Answer, *, spoken: str | None = None, above: str = "", below: str = "") -> str:
    """Return the finished turn, answered or abstained.

    Args:
        answer: what was answered.
        spoken: the question as the person typed it, where they corrected how that was understood.
        above: HTML under the question.
        below: HTML at the foot.
    """
    body = _answered(answer) if answer.answered else _abstained(answer)
    asked = answer.question if spoken is None else spoken
    return (
        f"{_question(asked)}{_understood(asked, answer.rewritten, corrected=spoken is not None)}"
        f'{above}{body}<div class="cw-foot">{_verdict(answer)}{_LINK}</div>{below}'
    )


def reading(
    question: str, understood: str, hits: Sequence["Hit"], *, spoken: str | None = None
) -> str:
    """Return the turn while it is being answered: the passages that are read, best first."""
    asked = question if spoken is None else spoken
    items = "".join(
        f'<li class="cw-passage-read"><span class="cw-title">'
        f"{escape(hit.document.title or short_source(hit.document.source))}</span>"
        f"<p>{escape(_beginning(hit.chunk.text))}</p></li>"
        for hit in hits
    )
    return (
        f"{_question(asked)}{_understood(asked, understood, corrected=spoken is not None)}"
        f'<p class="cw-searching">Reading {spoken_count(len(hits), "passage")}…</p>'
        f'<ol class="cw-passages">{items}</ol>'
    )


def spoken_answer(answer: Answer) -> str:
    """Return the outcome in a sentence, for those who hear the page."""
    if not answer.answered:
        return "The documents do not answer this."
    words, _ = confidence_words(answer.confidence)
    return f"Answered with {spoken_count(len(answer.citations), 'quote')}, {words.lower()}."


def _beginning(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= BEGINNING:
        return words
    return f"{words[:BEGINNING].rsplit(' ', 1)[0].rstrip('.,;:')}…"


def _question(question: str) -> str:
    scrolled = ' tabindex="0"' if len(question) > LONG_QUESTION else ""
    return f'<h2 class="cw-question"{scrolled}>{escape(question)}</h2>'


def _understood(asked: str, understood: str, *, corrected: bool = False) -> str:
    if understood == asked.strip():
        return ""
    words = "You corrected it to" if corrected else "Understood as"
    return (
        f'<p class="cw-understood">{words}: <q>{escape(understood)}</q>'
        ' <button type="button" class="cw-quiet" data-do="correct">Correct this</button></p>'
    )


def _answered(answer: Answer) -> str:
    return _quotes(answer.citations)


def _abstained(answer: Answer) -> str:
    reason = f"<p>{escape(answer.reason)}</p>" if answer.reason else ""
    nearest = ""
    if answer.nearest:
        nearest = (
            '<h3 class="cw-nearest-title">Nearest passages, which do not answer it</h3>'
            f"{_quotes(answer.nearest, nearest=True)}"
        )
    return (
        '<div class="cw-abstained"><p class="cw-abstained-title">The documents do not answer this.'
        f"</p>{reason}</div>{nearest}"
    )


def _verdict(answer: Answer) -> str:
    confidence = ""
    if answer.answered:
        words, level = confidence_words(answer.confidence)
        percent = f"{answer.confidence:.0%}"
        detail = f"Estimated probability that the first quote answers the question: {percent}"
        confidence = (
            f'<span class="cw-confidence" data-level="{level}" title="{detail}">'
            f'<span class="cw-meter" aria-hidden="true"><i></i><i></i><i></i></span>{words}'
            f'<span class="cw-sr"> ({percent})</span></span>'
        )
    return f'<p class="cw-verdict">{confidence}{_time(answer.timings)}</p>'


def _time(timings: Mapping[str, float]) -> str:
    milliseconds = timings["total"] if "total" in timings else sum(timings.values())
    stages = ", ".join(f"{stage} {value:.0f} ms" for stage, value in timings.items())
    spoken = f"{milliseconds / 1000:.1f} s" if milliseconds >= 1000 else f"{milliseconds:.0f} ms"
    return f'<span class="cw-time" title="{escape(stages)}">{spoken}</span>'


def _quotes(citations: Iterable[Citation], *, nearest: bool = False) -> str:
    kind = " cw-nearest" if nearest else ""
    citations = list(citations)
    items = "".join(_quote(citation) for citation in citations)
    differ = ""
    if any(citation.differs for citation in citations):
        differ = (
            '<p class="cw-differ">The documents differ: the quotes with a line beside them do not '
            "say the same.</p>"
        )
    return f'{differ}<ol class="cw-quotes{kind}">{items}</ol>'


def _quote(citation: Citation) -> str:
    title = escape(citation.title or short_source(citation.source))
    where = " · ".join(
        escape(part) for part in (spoken_date(citation.date), place_of(citation)) if part
    )
    differs = " cw-differs" if citation.differs else ""
    return (
        f'<li class="cw-quote{differs}" style="--n:{citation.number}">'
        f'<button type="button" class="cw-chip" {_target(citation)}'
        f' aria-label="Citation {citation.number}: open {title} at this quote">'
        f"{citation.number}</button>"
        f'<div class="cw-quote-body"><blockquote>{_highlighted(citation)}</blockquote>'
        f'<p class="cw-place"><span><button type="button" class="cw-title" {_target(citation)}>'
        f'{title}</button> <span class="cw-where">{where}</span></span>'
        '<button type="button" class="cw-copy" data-do="copy"'
        f' data-copy="{_with_citation(citation)}"'
        ' aria-label="Copy this quote with its citation">Copy</button></p>'
        f"{_also(citation)}</div></li>"
    )


def _also(citation: Citation) -> str:
    """Return the line that names the other sources, with a way into those of other words."""
    quoted = {twin.source for twin in citation.twins}
    others = [
        f'<button type="button" class="cw-title" {_target(twin)}>'
        f"{escape(twin.title or short_source(twin.source))}</button>"
        for twin in citation.twins
    ] + [escape(short_source(source)) for source in citation.also if source not in quoted]
    return f'<p class="cw-also">The same in {", ".join(others)}</p>' if others else ""


def _target(citation: Citation) -> str:
    """Return the attributes that tell the script what to open."""
    marks = " ".join(f"{start}-{end}" for start, end in citation.highlights)
    return (
        f'data-do="open" data-doc="{escape(citation.doc_id)}" data-number="{citation.number}"'
        f' data-start="{citation.start}" data-end="{citation.end}" data-marks="{marks}"'
        f' data-passage="{citation.passage_start}-{citation.passage_end}"'
    )


def _highlighted(citation: Citation) -> str:
    """Return the quote with the words that answer in ``<mark>``; overlapping ones are joined."""
    pieces = []
    at = 0
    for start, end in citation.highlights:
        start, end = max(start - citation.start, at), end - citation.start
        if start >= end:
            continue
        pieces.append(escape(citation.quote[at:start]))
        pieces.append(f"<mark>{escape(citation.quote[start:end])}</mark>")
        at = end
    pieces.append(escape(citation.quote[at:]))
    html = "".join(pieces)
    if not citation.header:
        return _in_lines(html, citation.quote)
    return _in_table(html, citation.header) or (
        f'<p class="cw-columns">{escape(citation.header)}</p>{_in_lines(html, citation.quote)}'
    )


def _in_table(html: str, header: str) -> str:
    """Return the HTML of quoted rows under the names of their columns, "" where they do not fit."""
    names, *rows = (
        [cell.strip() for cell in line.split("|")] for line in (header, *html.split("\n"))
    )
    if any(len(row) != len(names) for row in rows):
        return ""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(map(_named_cell, names, row))}</tr>" for row in rows)
    return f'<table class="cw-rows"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _in_lines(html: str, quote: str) -> str:
    """Break the HTML of a quote where its text begins a line on purpose; no character is added."""
    first, *others = html.split("\n")
    lines = pairwise(quote.split("\n"))
    return first + "".join(
        ("\n" if is_wrapped(*pair) else "\n<br>") + line
        for pair, line in zip(lines, others, strict=True)
    )


def _named_cell(name: str, cell: str) -> str:
    """Return a cell with the name of its column, which stands before it on a narrow screen."""
    return f'<td data-name="{escape(name)}"><span>{cell}</span></td>'


def _with_citation(citation: Citation) -> str:
    """Return quote and citation as they go to the clipboard, escaped for an attribute."""
    words = " ".join(citation.quote.split())
    columns = f"columns {' '.join(citation.header.split())}" if citation.header else ""
    parts = [
        columns,
        citation.title,
        spoken_date(citation.date),
        place_of(citation),
        citation.source,
    ]
    named = ", ".join(part for part in parts if part)
    return escape(f"“{words}” ({named}, characters {citation.start}–{citation.end})")
