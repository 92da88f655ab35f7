"""Figures, dates and names read out of quotes, and when two quotes differ."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.values import Day, Figure, contradict, dates_in, differ, figures_in, names_in


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("1,000 people", {Figure(1000, False, False)}),
        ("over 1,000 people", {Figure(1000, False, True)}),
        ("38 million yuan", {Figure(38e6, False, False)}),
        ("about $4.5 billion", {Figure(4.5e9, False, True)}),
        ("12% and 3 per cent", {Figure(12, True, False), Figure(3, True, False)}),
        ("twelve cities", {Figure(12, False, False)}),
        ("more than 1/4 of them", {Figure(25, True, True)}),
        ("人口300万", {Figure(3e6, False, False)}),
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


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_text_contradicts_itself_and_order_does_not_matter(one, other):
    assert not contradict(one, one)
    assert contradict(one, other) == contradict(other, one)
    for kind in ("number", "date", "person"):
        assert not differ(kind, one, one)
        assert differ(kind, one, other) == differ(kind, other, one)
