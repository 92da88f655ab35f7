"""What people see: the same lines styled on a terminal and plain in a pipe."""

import io
import re

import pytest

from corpus import Document
from index import Progress
from qa.answers import Answer, Citation, cite
from qa.console import answer_lines, write
from qa.progress import progress_shown

REPORT = Document.from_text(
    "Cover\nThe plan was\nsigned by Ms Wu Lan on 3 May.\nEnd", source="reports/plan.pdf",
    title="The plan", date="2018-11-20", page_starts=(0, 6),
)  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def quoted(
    words: str,
    *marked: str,
    number: int = 1,
    also: tuple[str, ...] = (),
    differs: bool = False,
) -> Citation:
    start = REPORT.text.index(words)
    marks = [(REPORT.text.index(m), REPORT.text.index(m) + len(m)) for m in marked]
    return cite(
        REPORT, start, start + len(words), number=number, highlights=marks, also=also,
        differs=differs,
    )  # fmt: skip


def answer(*citations: Citation, **changes: object) -> Answer:
    fields = {
        "question": "Who signed it?", "rewritten": "Who signed it?", "answered": bool(citations),
        "confidence": 0.934, "text": citations[0].quote if citations else None,
        "citations": citations, "nearest": (), "timings": {},
    }  # fmt: skip
    return Answer(**(fields | changes))  # type: ignore[arg-type]


def shown(value: Answer, stream: io.StringIO) -> str:
    write(answer_lines(value), stream)
    return stream.getvalue()


SIGNED = "The plan was\nsigned by Ms Wu Lan on 3 May."


def test_a_pipe_gets_the_quote_as_it_stands_in_the_source() -> None:
    text = shown(answer(quoted(SIGNED, "Ms Wu Lan", also=("copy.txt",))), io.StringIO())
    assert text == (
        f'[1] "{SIGNED}"  — The plan, reports/plan.pdf, p. 2, 2018-11-20, characters 6–48, '
        "also in copy.txt\nConfidence: 93%\n"
    )


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
@pytest.mark.parametrize(
    ("flagged", "said"),
    [
        ((1, 2), "The documents differ: the quotes [1] and [2] do not say the same.\n"),
        ((1, 2, 3), "The documents differ: the quotes [1], [2] and [3] do not say the same.\n"),
        ((1,), "The documents differ: others do not say the same as [1].\n"),
    ],
)
def test_quotes_that_differ_are_said_to_differ(
    stream: type[io.StringIO],
    flagged: tuple[int, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    quotes = [quoted(SIGNED, number=number) for number in (1, 2, 3)]
    cited = [quoted(SIGNED, number=i, differs=i in flagged) for i in (1, 2, 3)]
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown(answer(*cited), stream()))
    assert text.startswith(said)
    assert "differ" not in shown(answer(*quotes), stream())


def test_a_document_without_pages_is_cited_by_line() -> None:
    note = Document.from_text("One.\nTwo.", source="note.txt", title="note.txt")
    text = shown(answer(cite(note, 5, 9)), io.StringIO())
    assert '[1] "Two."  — note.txt, line 2, characters 5–9\n' in text


def test_a_terminal_gets_the_answer_marked_and_its_own_line_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    text = shown(answer(quoted(SIGNED, "Ms Wu Lan")), Terminal())
    assert "\x1b[1;30;43mMs Wu Lan\x1b[0m" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert '"The plan was signed by Ms Wu Lan on 3 May."' in plain


def test_overlapping_marks_repeat_no_words() -> None:
    text = shown(answer(quoted(SIGNED, "Ms Wu Lan", "Wu", "Wu Lan on")), io.StringIO())
    assert f'"{SIGNED}"' in text


def test_square_brackets_are_text_and_not_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    note = Document.from_text("See [red]annex[/red] [1].", source="[bold]n.txt")
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown(answer(cite(note, 0, 25)), Terminal()))
    assert "See [red]annex[/red] [1]." in text
    assert "[bold]n.txt" in text


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_document_cannot_steer_the_terminal(stream: type[io.StringIO]) -> None:
    note = Document.from_text("A \x1b]0;owned\x07 \x9b31m \u202e tale.", source="n\x1b[2J.txt")
    text = shown(answer(cite(note, 0, len(note.text))), stream())
    assert "\x1b]" not in text and "\x1b[2J" not in text
    assert not set("\x07\x9b\u202e") & set(text)
    assert "\ufffd]0;owned\ufffd" in text


def test_an_abstention_shows_why_and_the_nearest_passages_as_such() -> None:
    nearest = quoted("signed by Ms Wu Lan on 3 May.")
    text = shown(answer(nearest=(nearest,), reason="No passage names a budget."), io.StringIO())
    assert text == (
        "Not in the documents. No passage names a budget.\n"
        "The nearest passages, which do not answer it:\n"
        '- "signed by Ms Wu Lan on 3 May."  — The plan, reports/plan.pdf, p. 2, 2018-11-20, '
        "characters 19–48\n"
    )


def test_a_completed_follow_up_is_shown() -> None:
    text = shown(answer(quoted(SIGNED), rewritten="Who signed the plan?"), io.StringIO())
    assert text.startswith("Understood as: Who signed the plan?\n\n[1] ")


def steps(stage: str, *done: int, total: int = 1000, reused: int = 0) -> list[Progress]:
    return [Progress(stage=stage, done=number, total=total, reused=reused) for number in done]


def test_a_log_gets_a_line_a_stage_and_a_line_a_tenth() -> None:
    stream = io.StringIO()
    with progress_shown(stream, seconds=0) as show:
        for progress in steps("reading", 0, 50, 99, 100, 101, 950, 1000) + steps("encoding", 0, 1):
            show(progress)
    lines = stream.getvalue().splitlines()
    assert [line.partition(", ")[0] if "(" in line else line for line in lines] == [
        "Opening the model ...",
        "Reading ...",
        "Reading: 100 of 1,000 (10%)",
        "Reading: 950 of 1,000 (90%)",
        "Reading: 1,000 of 1,000 (100%)",
        "Encoding 1,000 chunks of 0 documents, 0 reused ...",
    ]


def test_a_log_says_how_fast_it_goes_how_long_it_takes_and_what_was_reused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter(range(0, 1000, 5))
    monkeypatch.setattr("qa.progress.time.monotonic", lambda: next(clock) / 2)
    stream = io.StringIO()
    with progress_shown(stream, seconds=0) as show:
        for done in (0, 100, 1000):
            show(Progress(stage="encoding", done=done, total=1000, documents=12, reused=3400))
    opening, first, *more = stream.getvalue().splitlines()
    assert opening == "Opening the model ..."
    assert first == "Encoding 1,000 chunks of 12 documents, 3,400 reused ..."
    assert more == [
        "Encoding: 100 of 1,000 (10%), 20 a second, 0:45 left",
        "Encoding: 1,000 of 1,000 (100%), 100 a second, 0:00 left",
    ]


def test_a_log_is_not_flooded_by_a_quick_build() -> None:
    stream = io.StringIO()
    with progress_shown(stream, seconds=60) as show:
        for progress in steps("encoding", *range(1001)) + steps("writing", 0, 1, total=0):
            show(progress)
    begun = ["Encoding 1,000 chunks of 0 documents, 0 reused ...", "Writing ..."]
    assert stream.getvalue().splitlines()[1:] == begun


def test_a_terminal_gets_a_bar_for_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")
    stream = Terminal()
    with progress_shown(stream) as show:
        for progress in steps("reading", 0, 1000) + steps("encoding", 0, 500, reused=7):
            show(progress)
    assert "\x1b[" in stream.getvalue()
    assert "1000/1000" in stream.getvalue()
    assert " 500/1000" in stream.getvalue()
    assert "a second" in stream.getvalue()
    assert "7 reused" in stream.getvalue()
