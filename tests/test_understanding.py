"""A question is understood in the documents' own words, and only where they do not have its own."""

import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Document
from index import Index, build_index
from index.lexical import LexicalIndex, Wording, terms, with_other_wordings
from index.understanding.abbreviations import defined_in, definitions
from index.understanding.variants import variants
from index.understanding.words import Words, count_words, plain

TEXTS = {
    "summit.txt": "The summit in Yinchuan drew 1,000 people on November 14. The colour was grey.",
    "itc.txt": "In Hong Kong the Innovation and Technology Commission (ITC) writes the standards.",
    "study.txt": "The study of the Innovation and Technology Commission covers twenty cities.",
    "norms.txt": "The ITC answers for the norms of governance and of data integration.",
    "who.txt": "The World Health Organization (WHO) asked who pays. It stayed in Geneva.",
    "forum.txt": "The twelfth forum in Shenzhen was opened by children of the organisation.",
    "ports.txt": "Pilots in Dorvey may wait for the tide. The warden of Dorvey is Ada Ropsin, "
    "and the wardens of Aldmouth and Lundry are her sisters.",
}

DEFINED = [
    ("the Innovation and Technology Commission (ITC) is",
     ("ITC", "Innovation and Technology Commission")),
    ("Heat shock transcription factor (HSF) binds", ("HSF", "Heat shock transcription factor")),
    ("with CEC (China Electronics Corporation) in", ("CEC", "China Electronics Corporation")),
    ("CEC stands for the China Electronics Corporation.", ("CEC", "China Electronics Corporation")),
    ("The Innovation Office, IO for short, writes", ("IO", "Innovation Office")),
    ("the Treaty on the Functioning of the European Union (TFEU)",
     ("TFEU", "Treaty on the Functioning of the European Union")),
    ("promoting the Internet of Things (IoT).", ("IoT", "Internet of Things")),
    ("the Office of Alien Property (OAP)", ("OAP", "Office of Alien Property")),
]  # fmt: skip
UNDEFINED = [
    "The plan (2014-2020) was released", "the summit (see below) ended", "Yinchuan (in Ningxia)",
    "many years of work (M.A.) and", "The SAR (SAR) said", "in June (A) it", "()", "(ITC) and",
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    documents = [Document.from_text(text, source=source) for source, text in TEXTS.items()]
    return build_index(documents, tmp_path_factory.mktemp("understanding") / "index")


@pytest.mark.parametrize(("text", "pair"), DEFINED)
def test_definition_is_found(text: str, pair: tuple[str, str]) -> None:
    assert definitions(text) == [pair]


@pytest.mark.parametrize("text", UNDEFINED)
def test_other_parentheses_define_nothing(text: str) -> None:
    assert definitions(text) == []


@given(st.text(alphabet="ab AB(),.-'é智 \n", max_size=80) | st.text(max_size=60))
def test_both_forms_are_in_the_text(text: str) -> None:
    for short, long in definitions(text):
        assert short in text
        assert all(word in text for word in long.split())
        assert len(short) < len(long)


def test_the_commonest_definition_counts() -> None:
    texts = ["Bar Code (BC)", "British Columbia (BC)", "British Columbia (BC)"]
    assert defined_in(texts) == {"BC": "British Columbia"}


@pytest.mark.parametrize(
    ("word", "variant"),
    [
        ("colour", "color"), ("color", "colour"), ("organisation", "organization"),
        ("realize", "realise"), ("centre", "center"), ("travelling", "traveling"),
        ("neighborhood", "neighbourhood"), ("archaeology", "archeology"), ("analyse", "analyze"),
        ("children", "child"), ("criterion", "criteria"), ("twenty", "20"), ("12", "twelve"),
        ("aug", "august"), ("september", "sept"), ("first", "1st"), ("14th", "14"),
        ("12th", "twelfth"),
    ],
)  # fmt: skip
def test_variant_of_a_word(word: str, variant: str) -> None:
    assert variant in variants(word)


@given(st.text(max_size=12))
def test_a_word_is_no_variant_of_itself(word: str) -> None:
    assert word not in variants(word)


def edits(a: str, b: str) -> int:
    """Return the optimal string alignment distance, by its recurrence."""
    d = {(i, -1): i + 1 for i in range(-1, len(a))} | {(-1, j): j + 1 for j in range(-1, len(b))}
    for i in range(len(a)):
        for j in range(len(b)):
            steps = [d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (a[i] != b[j])]
            if i and j and a[i] == b[j - 1] and a[i - 1] == b[j]:
                steps.append(d[i - 2, j - 2] + 1)
            d[i, j] = min(steps)
    return d[len(a) - 1, len(b) - 1]


@pytest.mark.parametrize("distance", [1, 2])
def test_near_words_are_those_of_the_definition(distance: int, tmp_path: Path) -> None:
    draw = random.Random(5)
    every = {"".join(draw.choices("abc", k=draw.randint(3, 6))) for _ in range(12)} | {"abcabc"}
    counts = count_words([" ".join(every), "abcabc"])
    Words.build(counts, tmp_path / "words")
    words = Words.open(tmp_path / "words")
    for asked in [*every, "abc", "cbacba", "bacabc"]:
        expected = {word for word in every if edits(asked, word) <= distance}
        assert {word for word, _ in words.near(asked, distance=distance)} == expected
    assert ("abcabc", 2) in words.near("abcabc", distance=1)
    assert "abcabc" in words
    assert "zzz" not in words


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("Who came to the sumit?", "Who came to the summit?"),
        ("Who came to the summti in Yinchaun?", "Who came to the summit in Yinchuan?"),
        ("what are the norms of govrenance", "what are the norms of governance"),
        ("Itnegration of data?", "Integration of data?"),
        ("the innovtion and technlogy commision", "the innovation and technology commission"),
        ("dataintegration", "data integration"),
        ("govrenance's norms", "governance's norms"),
        ("yIncuhan's people", "yinchuan's people"),
        ("Who is the warden of Dorvye?", "Who is the warden of Dorvey?"),
        ("who is the warden of dovey", "who is the warden of dorvey"),
        ("Who is the warden of Dorrvey?", "Who is the warden of Dorvey?"),
        ("Who is the warden of Dirvey?", "Who is the warden of Dorvey?"),  # i is beside o
        ("Who is the warden of Aldmaoth?", "Who is the warden of Aldmouth?"),
        ("Which warden is Ada Rospni?", "Which warden is Ada Ropsin?"),  # twice, where she is
        ("who is the wardn of Dorvey", "who is the warden of Dorvey"),
        ("Whre is Dorvey?", "Where is Dorvey?"),
        ("who is dorveys warden", "who is dorvey's warden"),
        ("Who is Dorveys warden", "Who is Dorveys warden"),
        ("hWere is Dorvey?", "where is Dorvey?"),
    ],
)
def test_misspelt_word_becomes_one_of_the_documents(
    question: str, corrected: str, index: Index
) -> None:
    assert index.correct(question) == corrected


@pytest.mark.parametrize(
    "question",
    [
        "How many pilots are there in Toronto?",  # a word, though not of these documents
        "Who is the mayor of Winchuan?",  # another name is another name
        "Who is the warden of Darvey?",  # a is far from o
        "who is the warden of darvey",
        "Who opened the forum of Rospni?",  # she is elsewhere
        "What is the SUMIT?",
        "What is a sumit2?",
        'Where is "sumit" written?',  # as it is quoted
        "What went unasked?",  # the opposite of what the documents have
        "智慧城市在哪里？",
        "Who peopled Genevas organisations?",
        "",
    ],
)
def test_what_is_no_misspelling_stays(question: str, index: Index) -> None:
    assert index.correct(question) == question


@given(words=st.lists(st.sampled_from(sorted(set(" ".join(TEXTS.values()).split()))), max_size=8))
def test_words_of_the_documents_are_never_changed(words: list[str], index: Index) -> None:
    question = " ".join(words)
    assert index.correct(question) == question


@given(text=st.text(max_size=80))
def test_any_text_is_corrected_to_a_text(text: str, index: Index) -> None:
    assert bool(index.correct(text).strip()) == bool(text.strip())
    index.wordings(text)


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("Who came to the sumit?", "summit.txt"),
        ("Which meeting drew 1000 people?", "summit.txt"),
        ("What was the color?", "summit.txt"),
        ("What is the color of gray?", "summit.txt"),
        ("What happened on 2019-11-14?", "summit.txt"),
        ("What covers 20 cities?", "study.txt"),
        ("12th forum", "forum.txt"),
        ("Which organization has a child?", "forum.txt"),
    ],
)
def test_question_in_other_words_finds_its_passage(
    question: str, source: str, index: Index
) -> None:
    assert index.search(question, k=1)[0].document.source == source


def test_an_abbreviation_that_is_a_word_counts_in_capitals_only(index: Index) -> None:
    assert index.wordings("who pays") == ()
    (wording,) = index.wordings("What did the WHO ask?")
    assert wording == Wording(terms=("who",), others=(("world", "health", "organiz"),))


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("norms of the innovation and technology commission", "norms.txt"),
        ("Which cities does the itc study?", "study.txt"),
    ],
)
def test_both_forms_of_an_abbreviation_find_the_other(
    question: str, source: str, index: Index
) -> None:
    rows, _ = index.lexical.search(question, k=6, wordings=index.wordings(question))
    assert index.passage(rows[0])[0].source == source


def test_long_form_is_known_by_its_abbreviation(index: Index) -> None:
    (wording,) = index.wordings("the innovation and technology commission")
    assert wording == Wording(terms=("innov", "and", "technolog", "commiss"), others=(("itc",),))


@given(
    words=st.lists(st.sampled_from("ITC WHO World Health Organization 12 1st child the".split()))
)
def test_no_term_has_two_wordings(words: list[str], index: Index) -> None:
    found = [term for wording in index.wordings(" ".join(words)) for term in wording.terms]
    assert len(found) == len(set(found))


def test_other_wording_scores_like_the_first(tmp_path: Path) -> None:
    texts = ["red colour here", "red color here", "red shape here"]
    lexical = LexicalIndex.build(texts, tmp_path / "lexical")
    rows, scores = lexical.search(
        "red colour", k=3, wordings=[Wording(terms=("colour",), others=(("color",),))]
    )
    assert set(rows[:2]) == {0, 1}
    assert scores[0] == pytest.approx(scores[1])
    assert scores[1] > scores[2]
    again = lexical.scores(
        "red colour", rows, wordings=[Wording(terms=("colour",), others=(("color",),))]
    )
    assert again == pytest.approx(scores)


def test_text_holds_a_term_that_it_has_in_other_words() -> None:
    wordings = [Wording(terms=("itc",), others=(("innov", "commiss"),))]
    assert with_other_wordings({"innov", "commiss"}, wordings) == {"innov", "commiss", "itc"}
    assert with_other_wordings({"innov"}, wordings) == {"innov"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,000", ["1000"]),
        ("12,345,678", ["12345678"]),
        ("1,00", ["1", "00"]),
        ("in 2016,2017", ["in", "2016", "2017"]),
    ],
)
def test_figure_is_one_term_however_it_is_grouped(text: str, found: list[str]) -> None:
    assert terms(text) == found


@given(st.text(alphabet=string.printable + "éÅß智", max_size=40))
def test_plain_text_is_in_small_letters_without_accents(text: str) -> None:
    assert plain(text) == plain(plain(text)) == plain(text.lower())
