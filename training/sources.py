"""The questions that are trained on, by their sources, and the checksums of their files."""

from pathlib import Path

from index.models import file_sha256
from training.reader_data import Source
from training.reports import (
    FRESH_REPORTS,
    LEARNT,
    REPORTS,
    load_reports,
    with_questions,
    with_reports,
)
from training.squad import (
    FRESH_QUESTIONS,
    FURTHER_QUESTIONS,
    OWN_QUESTIONS,
    RIVALS,
    SEARCH_QUESTIONS,
    Question,
    Squad,
    load_own_questions,
    load_rivals,
    load_squad,
)

SQUAD = "squad/train-v1.1.json.gz"
SQUAD_SHA256 = "334b2331a9ca5e4bc38f4c1d2048e43172c731b623e9b5d5650d2a50a197bb29"
OURS: dict[Source, Path] = {
    "own": OWN_QUESTIONS, "further": FURTHER_QUESTIONS, "search": SEARCH_QUESTIONS,
}  # fmt: skip
FRESH: dict[Source, Path] = {"fresh": FRESH_QUESTIONS}  # that the reader does not learn from


def sources(data: Path, *, fresh: bool = False) -> tuple[Squad, dict[Source, list[Question]]]:
    """Return all paragraphs, with SQuAD's questions, and the questions of every other source.

    The `fresh` ones only if asked for.
    """
    squad = load_squad(data / SQUAD)
    asked: dict[Source, list[Question]] = {
        name: load_own_questions(path, squad, held_out=False)
        for name, path in (OURS | FRESH if fresh else OURS).items()
    }
    asked["rival"] = load_rivals(RIVALS, squad)
    reports = load_reports(LEARNT)
    if fresh:
        _, asked["fresh report"] = with_reports(squad, with_questions(reports, FRESH_REPORTS))
    squad, asked["report"] = with_reports(squad, reports)
    return squad, asked


def checksums(*, fresh: bool = False) -> dict[str, str]:
    """Return the SHA-256 of the files that are trained on, by their names."""
    files = [*OURS.values(), RIVALS, REPORTS]
    if fresh:
        files += [*FRESH.values(), FRESH_REPORTS]
    return {SQUAD: SQUAD_SHA256} | {path.name: file_sha256(path) for path in files}
