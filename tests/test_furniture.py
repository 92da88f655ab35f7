"""Page furniture is found by general rules, and sentences of articles are never taken for it."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Document, load_documents, split_document
from corpus.furniture import furniture_spans

PROSE = (
    "The council of Aldmouth opened a data centre on Monday, and its engineers said that four "
    "million people will be served by it before the end of next year. Work on the harbour goes on."
)
FURNITURE = """
Home | News | About Us | Contact
Home > News > Local
首页 > 新闻中心 > 正文
您当前的位置：首页 > 新闻 > 正文
Current location - News Network - Cities - Data centre opened
Skip to main content
English 中文版
We use cookies to improve your experience. By continuing you accept our use of cookies.
Share on Facebook
Share: Facebook Twitter LinkedIn WhatsApp
Read more
Read more: council opens second data centre
Subscribe to our newsletter
All rights reserved
© 2023 Example Media Ltd. All rights reserved.
Copyright (c) 2020 Aldmouth News Agency
Print this page
Tel: 010-1234567 Fax: 010-7654321
Address: 1 Harbour Street, Aldmouth Postcode: 100031
Views: 123
Posted on March 3, 2020 by admin
By Mara Quill, Aldmouth Daily
(Editor: Mara Quill)
Source: Harbour Agency | 2019-05-06 10:20:30 | Editor: Quill
Harbour Agency | Updated: 2019-05-06 10:20
责任编辑：张三
版权所有 奥德茅斯市人民政府
打印本页
分享到：微信 微博
来源：新华网 发布时间：2020-01-02 10:00
字体：大 中 小
京ICP备05012345号-1 京公网安备11010502030143号
Leave a comment
3 Comments
Tags: harbour, data, city
Follow us on WeChat
Scan the QR code to follow us
Back to top
Previous: The old plan
上一篇：旧计划
Privacy Policy | Terms of Use | Cookie Policy
Advertisement
Log in | Register
Powered by WordPress
Disclaimer: The views expressed are the author's. No liability is accepted.
Website: www.example.com
5 min read
2020年3月3日
Monday, March 3, 2020
comments powered by Disqus
Scan the code to follow
Number of clicks: 45
(Editor-in-charge: Mara Quill)
Beijing ICP No. 05012345
Close this window
Story continues below advertisement
Updated 3 hours ago
The copyright of this article belongs to the original author.
Special statement: if anything here infringes your rights, please contact this site.
""".strip().split("\n")


@pytest.mark.parametrize("line", FURNITURE)
@pytest.mark.parametrize("place", ["above", "below"])
def test_a_line_of_furniture_is_found_above_and_below_an_article(line: str, place: str) -> None:
    article = [PROSE, PROSE, PROSE]
    text = "\n\n".join([line, *article] if place == "above" else [*article, line])
    assert [text[start:end] for start, end in furniture_spans(text)] == [line]


@pytest.mark.parametrize(
    "line",
    [
        "Share this vision with others.",
        "Home care is the largest service of the council.",
        "Print is not dead.",
        "The source: a spring below the castle, which has not run dry in living memory, feeds it.",
        "Views of the harbour are best at dawn.",
        "Contact with the ferry was lost at 9:30.",
        "Copyright law was reformed in 1911.",
        "He is the editor of the Aldmouth Daily.",
        "News reached the harbour on 3 March 2020.",
        "Tel Aviv and Aldmouth are twin cities.",
        "Cookies are baked on Fridays.",
    ],
)
def test_a_sentence_that_sounds_like_furniture_is_kept(line: str) -> None:
    text = "\n\n".join([PROSE, line, PROSE, PROSE, line])
    assert furniture_spans(text) == ()


def test_a_contact_page_is_not_furniture() -> None:
    text = "Harbour office\n\nTel: 010-1234567\nFax: 010-7654321\nAddress: 1 Harbour Street"
    assert furniture_spans(text) == ()


def test_headlines_below_recommended_reading_are_furniture() -> None:
    tail = "Recommended Reading\nCouncil visits the lighthouse\nFerry prices go up"
    text = f"{PROSE}\n\n{PROSE}\n\n{PROSE}\n\n{tail}"
    assert [text[start:end] for start, end in furniture_spans(text)] == [tail]


def test_the_foot_of_a_page_is_furniture_to_its_end() -> None:
    foot = "Share on Facebook\nAldmouth Media Group\nHarbour Ferry Market\n© 2023"
    text = "\n\n".join([PROSE, PROSE, PROSE, foot])
    assert [text[start:end] for start, end in furniture_spans(text)] == [foot]
    text = "\n\n".join([PROSE, PROSE, PROSE, "Share on Facebook", "It rained."])
    assert [text[start:end] for start, end in furniture_spans(text)] == ["Share on Facebook"]


def test_furniture_glued_to_the_last_sentence_is_found() -> None:
    text = f"{PROSE} (Editor: Mara Quill)"
    assert [text[start:end] for start, end in furniture_spans(text)] == ["(Editor: Mara Quill)"]


@given(
    st.lists(st.sampled_from([PROSE, "", "Share:", "Home", *FURNITURE, "A heading"]), max_size=9)
)
def test_spans_are_sorted_disjoint_and_trimmed(lines: list[str]) -> None:
    text = "\n".join(lines)
    position = 0
    for start, end in furniture_spans(text):
        assert position <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        position = end


def test_no_squad_paragraph_loses_a_character(data: Path) -> None:
    with gzip.open(data / "squad" / "train-v1.1.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    for article in articles:
        paragraphs = [paragraph["context"] for paragraph in article["paragraphs"]]
        assert furniture_spans("\n\n".join(paragraphs)) == ()


def test_nothing_but_the_article_of_a_seed_is_in_its_chunks(data: Path) -> None:
    documents = load_documents(sorted((data / "seeds").glob("*.txt")))
    chunks = "\n".join(chunk.text for document in documents for chunk in split_document(document))
    for phrase in (
        "Express News", "Sina Weibo", "Micro message", "Disqus", "Published:", "Responsible editor",
        "Special statement", "Return to list", "Recommended Reading", "Submission mailbox", "ICP",
        "all rights reserved", "设为首页", "分享", "Current location", "Jinpeng", "2024-05-21",
    ):  # fmt: skip
        assert phrase not in chunks
    assert "In recent years, Urumuchi has witnessed" in chunks
    assert "Responsible staff from the Comprehensive Management Dept." in chunks


def test_a_document_made_from_text_finds_its_own_furniture() -> None:
    text = f"{PROSE}\n\n{PROSE}\n\nblog comments powered by Disqus"
    document = Document.from_text(text, source="page")
    assert [text[a:b] for a, b in document.furniture] == ["blog comments powered by Disqus"]
    assert Document.from_text(text, source="page", furniture=()).furniture == ()
