"""The briefs in ``corpus/documents`` are complete, dated honestly and in our own words."""

import datetime
import json
import os
import re
from pathlib import Path

import frontmatter
import pytest

ROOT = Path(__file__).resolve().parents[1]
BRIEFS = sorted((ROOT / "corpus" / "documents").rglob("*.md"))
SEEDS = Path(os.environ.get("CITEWISE_DATA", ROOT / ".." / "shared" / "data")) / "seeds"
KEYS = {"title", "publisher", "date", "reported", "tags"}
LONGEST_SHARED_RUN = 7  # words

# Names, posts and titles that cannot be put in other words.
OFFICIAL_NAMES = [
    "2019 Asia-Pacific Smart City Development Forum",
    "Circular on the Issuance of Industrial Transformation and Upgrading Plan (2011-2015)",
    "Director of the Digital Economy Department of the National Data Administration",
    "Director of the Digital Economy Department of the National Data Bureau",
    "Draft Text of the Five-Year Development Plan of the Macao Special Administrative Region",
    "Guiding Opinions on Deepening the Development of Smart Cities and Promoting Urban Digital"
    " Transformation",
    "Formulation of the Thirteenth Five-Year Plan for the Development of the National Economy"
    " and Society",
    "President of the State Information Center",
    "deputy director of the National Health and Family Planning Commission of China",
    "innovative cases of smart city construction in China",
    # the three directions, in the words in which people ask for them
    "management, people-oriented service and big data industry",
]

needs_seeds = pytest.mark.skipif(
    not (SEEDS / "questions.jsonl").is_file(),
    reason=f"the seed articles are not at {SEEDS}; set CITEWISE_DATA to the data folder",
)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _runs(words: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def _without_official_names(text: str) -> list[str]:
    text = " ".join(_words(text))
    for name in OFFICIAL_NAMES:
        # "§" keeps the words before and after a name from joining into a new run
        text = text.replace(" ".join(_words(name)), "§")
    return text.split()


def _shared_with(seed: str, text: str) -> set[str]:
    length = LONGEST_SHARED_RUN + 1
    shared = _runs(_without_official_names(text), length) & _runs(_words(seed), length)
    return {" ".join(run) for run in shared}


def _seed_texts() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))}


def _rows() -> list[dict[str, str | None]]:
    lines = (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def test_there_are_briefs_by_event_city_policy_and_organisation():
    folders = {path.parent.name for path in BRIEFS}
    assert {"events", "cities", "policies", "organisations"} <= folders
    assert {"timeline.md", "who-is-who.md"} <= {path.name for path in BRIEFS}


@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_front_matter_is_complete_and_body_is_prose(path):
    brief = frontmatter.load(path, encoding="utf-8")
    assert set(brief.keys()) == KEYS
    for key in ("title", "publisher", "reported"):
        assert isinstance(brief[key], str), key
        assert brief[key].strip(), key
    assert brief["tags"]
    assert all(isinstance(tag, str) for tag in brief["tags"])
    assert len(_words(brief.content)) >= 90
    for line in filter(str.strip, brief.content.splitlines()):
        assert line.startswith("## ") or line.endswith("."), line


@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_date_is_iso_or_declared_undated(path):
    brief = frontmatter.load(path, encoding="utf-8")
    if brief["date"] is None:
        assert "undated" in brief["reported"]
    else:
        assert type(brief["date"]) is datetime.date
        day = f"{brief['date'].day} {brief['date']:%B %Y}"
        assert day in brief["reported"]


@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_sentences_name_their_subject(path):
    brief = frontmatter.load(path, encoding="utf-8")
    leaning = re.findall(
        r"(?:^|[.] )(?:He|She|It|They|This|These|His|Her|Its|Their) [^.]*", brief.content
    )
    assert leaning == []


@needs_seeds
@pytest.mark.parametrize("path", BRIEFS, ids=lambda path: path.stem)
def test_no_run_of_eight_words_is_taken_from_a_seed_article(path):
    brief = frontmatter.load(path, encoding="utf-8")
    text = f"{brief['title']}\n{brief['reported']}\n{brief.content}"
    shared = {name: _shared_with(seed, text) for name, seed in _seed_texts().items()}
    assert {name: runs for name, runs in shared.items() if runs} == {}


@needs_seeds
def test_the_comparison_with_the_seeds_finds_copied_text():
    name, seed = next(iter(_seed_texts().items()))
    copied = " ".join(_words(seed)[60:80])
    assert _shared_with(seed, f"Before that, {copied.upper()}, and after."), name


@needs_seeds
def test_every_answer_to_the_seed_questions_stands_in_one_sentence():
    lines = [line for path in BRIEFS for line in frontmatter.load(path).content.splitlines()]
    answers = {row["id"]: row["answer"] for row in _rows() if row["answer"]}
    assert len(answers) == 18
    missing = {id_: a for id_, a in answers.items() if not any(str(a) in line for line in lines)}
    assert missing == {}
