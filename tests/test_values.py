"""Figures, dates and names read out of quotes, and when two quotes differ."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.values import (
    Day,
    Figure,
    contradict,
    dates_in,
    differ,
    figures_in,
    names_in,
    same_value,
    says_more,
    whole_figures,
    with_unit,
)


def figure(value: float, *unit: str, percent: bool = False, rough: bool = False) -> Figure:
    return Figure(value, percent, rough, frozenset(unit))


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("1,000 people", {figure(1000, "people")}),
        ("over 1,000 people", {figure(1000, "people", rough=True)}),
        ("38 million yuan", {figure(38e6, "yuan")}),
        ("about $4.5 billion", {figure(4.5e9, "dollar", rough=True)}),
        ("EUR 12", {figure(12, "euro")}),
        ("12% and 3 per cent", {figure(12, percent=True), figure(3, percent=True)}),
        ("twelve cities", {figure(12, "city")}),
        ("more than 1/4 of them", {figure(25, percent=True, rough=True)}),
        ("a quarter of the roofs", {figure(25, percent=True)}),
        ("a quarter", set()),  # of a town, perhaps
        ("two fifths", {figure(40, percent=True)}),
        ("half of it", {figure(50, percent=True)}),
        ("forty-one percent", {figure(41, percent=True)}),
        ("twelve thousand three hundred and four", {figure(12304)}),
        ("seven and eight", {figure(7), figure(8)}),
        ("ſıx boats for 3 UſD", {figure(6, "boat"), figure(3, "dollar")}),
        ("3 km of road", {figure(3, "kilometre")}),
        ("3 kilometres long", {figure(3, "kilometre")}),
        ("9 m³ of sand", {figure(9, "cubic", "metre")}),
        ("9 cubic metres", {figure(9, "cubic", "metre")}),
        ("40 rented boats, and", {figure(40, "rented", "boat")}),
        ("40 boats moored at the quay", {figure(40, "boat", "moored")}),
        ("人口300万", {figure(3e6)}),
        ("on 3 May 2018", set()),
        ("nothing at all", set()),
    ],
)
def test_figures_are_read_as_numbers(text, figures):
    assert figures_in(text) == figures


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("On August 1, it opened", {Day(None, 8, 1)}),
        ("1st of August 2018", {Day(2018, 8, 1)}),
        ("Sept. 3rd, 1999", {Day(1999, 9, 3)}),
        ("2018-11-20", {Day(2018, 11, 20)}),
        ("in May 2017", {Day(2017, 5, None)}),
        ("between 1998 and 2001", {Day(1998, None, None), Day(2001, None, None)}),
        ("2018年11月", {Day(2018, 11, None)}),
        ("it may be done 12,018 times", set()),
    ],
)
def test_dates_are_read_as_far_as_they_are_given(text, dates):
    assert dates_in(text) == dates


def test_names_are_capitalised_words():
    assert names_in("The plan of Mayor Yang Yujing") == {"mayor", "yang", "yujing"}


@pytest.mark.parametrize(
    ("kind", "one", "other", "expected"),
    [
        ("number", "277 pilots", "290 pilots", True),
        ("number", "1,000", "over 1,000", False),
        ("number", "about 300", "297", False),
        ("number", "12%", "12 cities", False),
        ("number", "many", "12", False),
        ("number", "277", "1/3", False),
        ("number", "25%", "1/3", True),
        ("number", "33%", "a third of it", False),
        ("number", "33.4%", "33%", False),
        ("number", "33.4%", "33.1%", True),
        ("number", "seven hundred", "700 ships", False),
        ("number", "40 km", "three months", False),
        ("number", "40 rowing boats", "700 seats", False),
        ("number", "40 rowing boats", "31 boats", True),
        ("number", "40", "700 seats", True),  # what the 40 are is not told
        ("number", "40 people", "31 guests", True),
        ("number", "40 guests", "31 boats", False),
        ("number", "$40", "31 dollars", True),
        ("date", "3 May 2017", "2017", False),
        ("date", "May 2017", "2018", True),
        ("date", "August 1", "2018", False),
        ("person", "Mara Quill", "Ms Quill", False),
        ("person", "Mara Quill", "Otto Lind", True),
        ("person", "CEC", "China Electronics Corporation", False),
        ("place", "in Yinchuan", "Shenzhen", True),
        ("place", "in the north", "Shenzhen", False),
        ("list", "Hunan", "Hebei", False),
        ("explanation", "277", "290", False),
    ],
)
def test_values_differ_only_where_they_can_be_compared(kind, one, other, expected):
    assert differ(kind, one, other) is expected
    assert differ(kind, other, one) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("six", "6 ferries", True),
        ("a third of", "33%", True),
        ("on March 4, 2011", "4 March 2011", True),
        ("March 2011", "4 March 2011", False),
        ("6 ferries", "6 quays", False),
        ("6 ferries", "6 ferries and 2 rafts", False),
        ("Otto Lind", "Otto Lind", False),  # no value of these sorts
    ],
)
def test_the_same_value_may_be_written_otherwise(one, other, expected):
    assert same_value(one, other) is expected
    assert same_value(other, one) is expected


@pytest.mark.parametrize(
    ("value", "one", "other", "expected"),
    [
        ("60 rooms", "The inn has 60 rooms.", "It was to have 60 rooms and has 54 rooms.", True),
        ("60 rooms", "The inn has 60 rooms.", "The inn on 2 floors has 60 rooms.", False),
        ("60 rooms", "It had 60 rooms in 2011.", "It had 60 rooms in 2015.", True),
        ("4 May 2011", "It opened on 4 May 2011.", "4 May 2011, and the bar on 2 June 2012", True),
        ("2011", "It opened in 2011.", "It was decided in 2009 to open it in 2011.", False),
        ("Otto Lind", "Otto Lind has 60 rooms.", "Otto Lind has 54 rooms.", False),
    ],
)
def test_a_sentence_may_say_more_than_its_value(value, one, other, expected):
    assert says_more(value, one, other) is expected
    assert says_more(value, other, one) is expected


def test_a_mark_is_widened_to_the_whole_figure_and_what_it_counts():
    text = "About forty-one river boats lay there, and a third of the crews."
    for marked, whole in [
        ("forty-one", "About forty-one river boats"),
        ("third", "a third of"),
        ("crews", "crews"),
    ]:
        start = text.index(marked)
        assert text[slice(*whole_figures(text, start, start + len(marked)))] == whole


@pytest.mark.parametrize(
    ("value", "question", "whole"),
    [
        ("12", "How many river boats are there?", "12 river boats"),
        ("12 crews", "How many river boats are there?", "12 crews"),
        ("12%", "How many boats are there?", "12%"),
        ("12", "What is the length?", "12"),
        ("none", "How many boats are there?", "none"),
    ],
)
def test_a_bare_figure_counts_what_the_question_counts(value, question, whole):
    assert with_unit(value, question) == whole


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_text_contradicts_itself_and_order_does_not_matter(one, other):
    assert not contradict(one, one)
    assert contradict(one, other) == contradict(other, one)
    for kind in ("number", "date", "person"):
        assert not differ(kind, one, one)
        assert differ(kind, one, other) == differ(kind, other, one)
