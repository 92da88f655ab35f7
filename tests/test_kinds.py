"""What a question asks for, told from its words."""

import pytest

from qa.kinds import asks_for_several, asks_openly, compares, in_singular, kind_of, parts_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many pilots are there?", "number"),
        ("What percentage of the money was raised?", "number"),
        ("By what year does it open?", "date"),
        ("On what date did it become a pilot city?", "date"),
        ("who signed it", "person"),
        ("Where was it held?", "place"),
        ("In which city was it held?", "place"),
        ("Why does it matter?", "explanation"),
        ("How does the tunnel work?", "explanation"),
        ("What is the purpose of the fund?", "explanation"),
        ("what is a morpheme", "explanation"),
        ("What are the three major directions?", "list"),
        ("Which provinces has CEC worked with?", "list"),
        ("List the conferences.", "list"),
        ("Which naval bases are there?", "list"),
        ("Which countries share the forest?", "list"),
        ("What share of the forest is in Brazil?", "number"),
        ("What market share does it have?", "number"),
        ("What protects the eye?", "thing"),
        ("What leads to confusion?", "thing"),
        ("What was the unemployment rate in May?", "number"),
        ("What is the annual fee?", "number"),
        ("What did the new pier cost?", "number"),
        ("What does Moses do?", "explanation"),
        ("What was held alongside the summit?", "thing"),
        ("Which process is used?", "thing"),
        ("Which airline flies there?", "thing"),
        ("Who was he photographing when it broke?", "person"),
        ("Is it open?", "yes or no"),
        ("银川的智慧城市建设始于哪一年？", "date"),
        ("有多少个试点城市？", "number"),
        ("谁主持了会议？", "person"),
        ("哪些城市参加了？", "list"),
        ("", "thing"),
    ],
)
def test_the_kind_of_a_question(question, kind):
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "which conferences were held, and where?",
            ("which conferences were held?", "where conferences were held?"),
        ),
        (
            "When did it open, and who built it?",
            ("When did it open?", "who built it?"),
        ),
        (
            "Which wars were fought, and when in Denby?",
            ("Which wars were fought?", "when in Denby wars were fought?"),
        ),
        (
            "Who signed it and in which city?",
            ("Who signed it?", "in which city?"),
        ),
        (
            "What was held in Denby, Arn Valley or Aldmouth in May?",
            (
                "What was held in Denby, Arn Valley or Aldmouth in May?",
                "What was held in Denby in May?",
                "What was held in Arn Valley in May?",
                "What was held in Aldmouth in May?",
            ),
        ),
        (
            "What opened in 2018 and 2019?",
            ("What opened in 2018 and 2019?", "What opened in 2018?", "What opened in 2019?"),
        ),
        (
            "What opened in 2018, in 2019, and in 2021?",
            (
                "What opened in 2018, in 2019, and in 2021?",
                "What opened in 2018?",
                "What opened in 2019?",
                "What opened in 2021?",
            ),
        ),
        (
            "What opened in Denby and in Aldmouth?",
            (
                "What opened in Denby and in Aldmouth?",
                "What opened in Denby?",
                "What opened in Aldmouth?",
            ),
        ),
        (
            "What opened in Denby and Aldmouth, and who came?",
            (
                "What opened in Denby and Aldmouth?",
                "What opened in Denby?",
                "What opened in Aldmouth?",
                "who came?",
            ),
        ),
        (
            "What opened in Denby and Aldmouth Hill Town Hall?",  # what is a name is not known
            ("What opened in Denby and Aldmouth Hill Town Hall?",),
        ),
        ("Which roads and bridges were closed?", ("Which roads and bridges were closed?",)),
        ("Did it open and who came?", ("Did it open and who came?",)),
    ],
)
def test_a_sentence_may_ask_several_questions(question, parts):
    assert parts_of(question) == parts


def test_lists_and_joined_questions_ask_for_several_things():
    assert asks_for_several("Which conferences were held?")
    assert asks_for_several("When did it open, and who built it?")
    assert not asks_for_several("When did it open?")


@pytest.mark.parametrize(
    ("question", "openly"),
    [
        ("which conferences were held, and where?", True),
        ("What summits were held?", True),
        ("List all the events in 2018", True),
        ("Who are the mayors?", True),
        ("Which conference was held?", False),  # one
        ("Which museums does Harvard have?", False),  # named
        ("How many boats were there in 2013 and in 2017?", False),  # by year
        ("Which cities want to become smart cities by 2030?", False),  # told in many words
        ("??", False),
        ("", False),
    ],
)
def test_an_open_question_asks_for_all_of_a_kind_in_few_words(question, openly):
    assert asks_openly(question) is openly


@pytest.mark.parametrize(
    ("question", "singular"),
    [
        ("Which conferences were held?", "Which conference was held?"),
        ("which naval bases are there?", "which naval base is there?"),
        ("Who were the mayors?", "Who was the mayor?"),
        ("What cities have trams?", "What city has trams?"),
        ("List all the churches in Denby", "What is the church in Denby"),
        ("Where conferences were held?", "Where conferences were held?"),
        ("Which glass was broken?", "Which glass was broken?"),
        ("", ""),
    ],
)
def test_an_open_question_is_read_in_the_singular(question, singular):
    assert in_singular(question) == singular


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How long are pier 1 and pier 2?", True),
        ("Who leads Denby Shipyard and the Aldmouth Mill?", True),
        ("What was the rate in 2018 or 2019?", True),
        ("How much did it fall between 2010 and 2020?", False),
        ("How long is pier 2 and its crane?", False),
        ("How long are the pier and the quay?", False),
    ],
)
def test_a_question_may_ask_about_several_things_by_name(question, expected):
    assert compares(question) is expected
