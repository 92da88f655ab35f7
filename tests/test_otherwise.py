"""Other ways to complete a question: which is meant is told by what the documents answer."""

from pathlib import Path

import pytest

from index import Index, build_index
from qa import Assistant
from qa.followups import Said, otherwise, rewrite

MAYOR = "Who is the Mayor of Yinchuan?"
SUMMIT = "When did the 2018 Global Smart City Summit take place?"
HONG_KONG = "Does Hong Kong plan to become a smart city?"


@pytest.mark.parametrize(
    ("question", "previous", "about"),
    [
        ("Who is responsible?", HONG_KONG, "Who is responsible in Hong Kong?"),
        ("who drafts the standards?", HONG_KONG, "who drafts the standards in Hong Kong?"),
        ("What is the agreement about?", MAYOR, "What is the agreement about in Yinchuan?"),
        ("Were products shown?", SUMMIT,
         "Were products shown at the 2018 Global Smart City Summit?"),
        ("What is the fine?", "How much does parking cost?",
         "What is the fine, regarding parking?"),
        ("who is the owner", "who opened the harbour", "who is the owner, regarding the harbour?"),
        ("what's the title", "what's the goal for 2027",
         "what's the title, regarding the goal for 2027?"),
        ("Who leads CSIP?", HONG_KONG, None),  # names something
        ("What happened in 2019?", HONG_KONG, None),
        ("which wars were fought, and when?", HONG_KONG, None),  # two questions
        ("the standards", HONG_KONG, None),  # no question
        ("Who is responsible?", "Who is responsible?", None),  # nothing to add
        ("what is the population of yinchuan?", "what is hong kong doing?", None),  # a name so too
    ],
)  # fmt: skip
def test_a_question_that_names_nothing_gets_the_topic(
    question: str, previous: str, about: str | None, few: Index
) -> None:
    others = list(otherwise(question, question, [previous], few))
    assert [one.question for one in others] == ([] if about is None else [about])
    # a topic that is no name must make it surer
    assert all((one.above > 0) == (", regarding" in one.question) for one in others)


@pytest.mark.parametrize(
    ("question", "earlier", "other"),
    [
        ("and the party secretary?", [MAYOR, "What three directions did the mayor name?"],
         "who is the party secretary of Yinchuan?"),
        ("and Wu Xiaoning?", ["who is Chen Ronghui", "what problems did Chen Ronghui mention"],
         "Who is Wu Xiaoning?"),
        ("and the 2019 one?", ["Who hosted the 2018 summit in Yinchuan?"],
         "Who hosted the 2019 summit?"),
        ("and Ring East?", ["How long is the Harbour Road corridor?"], "What is Ring East?"),
        ("and global times?", ["how does xinjiangnet define a smart city"],
         "how does global times define a smart city"),
        ("and millfield?", ["how big will the new Eastbank branch be"],
         "how big will the new millfield branch be"),
        ("and the Delfin", ["who designed the Polaris compass"], "who designed the Delfin compass"),
        ("who designed it", ["where was the Harbour Company when the fire broke out?"],
         "who designed the fire"),
    ],
)  # fmt: skip
def test_a_fragment_or_pronoun_may_mean_something_else(
    question: str, earlier: list[str], other: str, few: Index
) -> None:
    first = rewrite(question, earlier, few)
    others = [one.question.lower() for one in otherwise(question, first, earlier, few)]
    assert other.lower() in others
    assert first.lower() not in others


def test_another_name_of_its_kind_is_not_meant_instead(few: Index) -> None:
    earlier = ["When was the summit in Yinchuan?", "Who hosted the summit in Shenzhen?"]
    first = rewrite("how long did it last?", earlier, few)
    assert first == "how long did the summit in Shenzhen last?"
    others = [one.question for one in otherwise("how long did it last?", first, earlier, few)]
    assert not any("the summit in Yinchuan" in other for other in others)


def test_whom_an_answer_names_is_also_called_by_the_post(few: Index) -> None:
    def told(_: str) -> Said:
        return Said(quote="The director is Ines Holm.", name="Ines Holm")

    earlier = ["who is the director of the port?"]
    question = "where did she work before"
    first = rewrite(question, earlier, few, told)
    assert first == "where did Ines Holm work before"
    others = [one.question for one in otherwise(question, first, earlier, few, told)]
    assert "where did Ines Holm, the director of the port, work before" in others


def test_a_thing_that_only_the_answer_names_may_be_meant(few: Index) -> None:
    def told(_: str) -> Said:
        return Said(quote="An exhibition was held.", name=None, marked="An exhibition")

    earlier = ["what was held beside the summit?"]
    first = rewrite("who opened it?", earlier, few, told)
    assert first == "who opened the summit?"
    others = [one.question for one in otherwise("who opened it?", first, earlier, few, told)]
    assert "who opened the exhibition?" in others


def test_one_of_these_is_also_asked_for_without_what_tells_which(few: Index) -> None:
    earlier = ["Which three departments sent staff to the summit?"]
    question = "Which of these departments is the source of the notice?"
    first = rewrite(question, earlier, few)
    others = otherwise(question, first, earlier, few, lacking=False)
    assert "Which department is the source of the notice?" in [one.question for one in others]


def test_what_is_answered_costs_no_other_answers(few: Index) -> None:
    def told(_: str) -> Said:
        raise AssertionError("An earlier question was asked again.")

    history = ["who is the director of the port?", "where is the port?"]
    questions = ("where did she work before", "and the treasurer?", "who pays")
    for question in questions:
        first = rewrite(question, history, few)
        others = otherwise(question, first, history, few, told, lacking=False)
        assert not any(other.unanswered for other in others)


YEARS = "\n\n".join(
    f"In {year} the eastern quay was dredged to {year % 9 + 3} metres and {year % 40 + 20} piles "
    f"were driven. The dues were raised by {year % 7 + 1} per cent, and {year % 5 + 2} clerks kept "
    "the books."
    for year in range(1870, 1910)
)
COMPANY = f"""The firm was founded in Aldmouth in 1868 by a coal merchant and a sea captain.

{YEARS}

The papers of the firm are held at the county record office, where they fill 74 metres of shelving.
"""


@pytest.mark.parametrize(
    ("title", "answered"), [("Lodge & Webb, a short history", True), ("A short history", False)]
)
def test_what_the_title_names_is_known_of_every_page(
    title: str, answered: bool, assistant: Assistant, tmp_path: Path
) -> None:
    (tmp_path / "history.md").write_text(f"# {title}\n\n{COMPANY}", encoding="utf-8")
    history = assistant.over(build_index(tmp_path, tmp_path / "index"))
    answer = history.ask("Where are the papers of Lodge & Webb kept now?")
    assert answer.answered == answered
    if answered:
        assert answer.text == COMPANY.strip().split("\n")[-1]
        ((start, end),) = answer.citations[0].highlights
        marked = answer.citations[0].quote[start - answer.citations[0].start :][: end - start]
        assert "county record office" in marked


HARBOUR = """# The harbour of Aldmouth

The harbour has two quays. The West Quay is 840 metres long and was opened in 1962.
The East Quay is 1,310 metres long and was opened in 1987. The harbour master is Ines Holm.
She came from the port of Denby, where she had been a pilot for nine years.
The party of twelve engineers is led by Oskar Lind. The treasurer is Pia Strand.
"""


@pytest.fixture(scope="module")
def harbour(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder: Path = tmp_path_factory.mktemp("harbour")
    (folder / "harbour.md").write_text(HARBOUR, encoding="utf-8")
    return assistant.over(build_index(folder, folder / "index"))


def test_the_completion_that_is_answered_is_taken(harbour: Assistant) -> None:
    history = ["who is the harbour master", "what did she do in Denby"]
    answer = harbour.ask("and the treasurer?", history=history)
    assert answer.rewritten == "who is the treasurer"
    assert answer.answered
    assert answer.citations[0].quote == "The treasurer is Pia Strand."


def test_what_a_question_was_taken_for_is_what_the_next_leans_on(harbour: Assistant) -> None:
    history = ["how long is the West Quay", "and the east quay?"]
    answer = harbour.ask("when was it opened", history=history)
    assert "east quay" in answer.rewritten
    assert answer.answered
    assert "1987" in answer.citations[0].quote
    # the same to an assistant that has not been asked the others
    fresh = harbour.over(harbour.index).ask("when was it opened", history=history)
    assert (fresh.rewritten, fresh.citations) == (answer.rewritten, answer.citations)


@pytest.mark.parametrize(
    ("question", "history", "full"),
    [
        ("how many seats", ["when was the Rialto opened", "who's the manager"],
         "how many seats in the Rialto?"),
        ("how many seats", ["what does the Rialto cost"], "how many seats does the Rialto have?"),
        ("how many bikes", ["who builds the new trains"], "how many bikes do the new trains have?"),
        ("does it include films?", ["how much is the festival pass"],
         "does the festival pass include films?"),
        ("when will it open?", ["How long is the Western Line?"],
         "when will the Western Line open?"),
        ("how much would that cost", ["Will they build the harbour bridge?"],
         "how much would the harbour bridge cost"),
        ("why did the number fall?", ["How many overflows were there in 2022?"],
         "why did the number of overflows fall?"),
        ("where did she come from?", ["hi, what did Ines Holm say?"],
         "where did Ines Holm come from?"),
        ("why did she do that?", ["Who launched the Harbour Plan?"],
         "why did the person who launched the Harbour Plan launch the Harbour Plan?"),
        ("why did they do that?", ["When did the board put prices up?"],
         "why did the board put prices up?"),
        ("sorry, I meant when was it finished", ["How long is the Northern Link?"],
         "when was the Northern Link finished"),
        ("and the new plan, how many will that build?", ["How many homes did HomeFirst build?"],
         "how many will the new plan build?"),
        ("which of the two is longer?", ["How long is the West Quay", "How long is the East Quay"],
         "Which is longer, the West Quay or the East Quay?"),
        ("which one is more expensive", ["What does the West Quay cost?",
         "What does the East Quay cost?"],
         "Which is more expensive, the West Quay or the East Quay?"),
        ("which is the larger party?", ["Who leads the council?"], "which is the larger party?"),
        ("how much?", ["who led the inquiry"], "who led the inquiry, and how much?"),
        ("what did she want?", ["who complained"], "what did the person who complained want?"),
        ("where is it kept", ["How long is the ice core that the institute recovered?"],
         "where is the ice core that the institute recovered kept"),
        ("how long is it?", ["How old is the trackway at Long Mere?"],
         "how long is the trackway at Long Mere?"),
        ("when was it founded", ["Where is Hallam & Voss?"], "when was Hallam & Voss founded"),
        ("why did it go up so much", ["How many callouts did the team have in 2020?"],
         "why did the number of callouts go up so much"),
        ("what happened to the old one?", ["What did the new laboratory cost?"],
         "what happened to the old laboratory?"),
        ("sorry i meant long mere", ["Who supervised Priory Field?"], "Who supervised long mere?"),
        ("no, the avalanche group i mean", ["who leads the ice group"],
         "who leads the avalanche group"),
        ("no, I meant the horn player, who replaced her?", ["Who replaced Gwen Parry?"],
         "who replaced the horn player?"),
        ("when did it start?", ["what is strings for all?"], "when did strings for all start?"),
        ("how much has the programme cost", ["When did the crane programme begin?"],
         "how much has the crane programme cost"),
        ("how come?", ["When did the harbour close?"], "why did the harbour close?"),
        ("why wasnt it built earlier", ["when will the reserve cable be ready"],
         "why wasnt the reserve cable built earlier"),
        ("how many people worked there then", ["How large was the port of Denby in 2022?"],
         "how many people worked there in 2022?"),
        ("sorry, I meant the central one", ["what happened to the rate in the south?"],
         "what happened to the rate in the central?"),
        ("and what about the teachers", ["what share of parents liked the reform"],
         "what share of the teachers liked the reform"),
        ("why was it imposed?", ["how long does the freeze on jobs last?"],
         "why was the freeze on jobs imposed?"),
        ("Did it make the buses any faster?", ["What did the committee decide about the bus lane?"],
         "Did the bus lane make the buses any faster?"),
        ("When was it set up?", ["What did the committee decide on by the March deadline?"],
         "When was the committee set up?"),
        ("how much does it cost?", ["how much water will it hold, the new reservoir?"],
         "how much does the new reservoir cost?"),
    ],
)  # fmt: skip
def test_a_question_as_strangers_typed_it_is_completed(
    question: str, history: list[str], full: str, few: Index
) -> None:
    assert rewrite(question, history, few).lower() == full.lower()
