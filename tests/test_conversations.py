"""Conversations: what a question leans on may lie further back, or in an answer."""

import pytest

from index import Index
from qa.followups import Said, named_before, rewrite
from qa.followups.asking import asked_for

SUMMIT = "When did the 2018 Global Smart City Summit take place?"
MAYOR = "Who is the Mayor of Yinchuan?"


def test_chain_finds_the_antecedent_of_an_antecedent(few: Index) -> None:
    history = [SUMMIT, "Who hosted it?", "And in 2019?"]
    assert rewrite("Why?", history, few) == "Why was the 2019 Global Smart City Summit hosted?"
    assert rewrite("What was shown there?", history, few) == (
        "What was shown at the 2019 Global Smart City Summit?"
    )


def test_an_earlier_question_may_begin_with_and(few: Index) -> None:
    history = ["How large is the market?", "And how many pilots are there in China?"]
    assert rewrite("Since when?", history, few) == "Since when are there pilots in China?"


@pytest.mark.parametrize(
    ("between", "who"),
    [
        ("How large is the market?", "Gao Feng"),  # two questions back
        ("What did Liu Yunan say?", "Liu Yunan"),  # the nearer one
        ("How many pilots are there in Shenzhen?", "Gao Feng"),  # a place is no person
    ],
)
def test_the_nearest_antecedent_that_fits_is_meant(between: str, who: str, few: Index) -> None:
    history = ["What did Gao Feng say?", between]
    assert rewrite("When did he speak?", history, few) == f"When did {who} speak?"


@pytest.mark.parametrize(
    ("question", "previous", "full"),
    [
        ("What is his position?", "Who gave the first speech?",
         "What is the position of Liu Yunan?"),
        ("Where did he say that?", "Who said that data counts?", "Where did Liu Yunan say that?"),
        ("What does it do?", "Which centre hosted the forum?", "What does Liu Yunan do?"),
        ("Who is its director?", "Which centre hosted the 2019 forum?",
         "Who is the director of Liu Yunan?"),
        ("What did they say?", "Which officials explained it?",  # there may be more than one
         "What did the officials that explained it say?"),
    ],
)  # fmt: skip
def test_the_name_that_answers_an_earlier_question_is_put_in(
    question: str, previous: str, full: str, few: Index
) -> None:
    asked: list[str] = []

    def told(earlier: str) -> Said:
        asked.append(earlier)
        return Said(quote="Liu Yunan spoke first.", name="Liu Yunan")

    assert rewrite(question, [previous], few, told) == full
    assert asked == [previous]


def test_the_name_of_who_holds_a_post_is_put_in(few: Index) -> None:
    said = Said(quote="Wang Jianping is the chief engineer of CSIP.", name="Wang Jianping")
    history = ["Who is the chief engineer of CSIP?"]
    rewritten = rewrite("What does he think?", history, few, lambda _: said)
    assert rewritten == "What does Wang Jianping think?"


def test_all_who_answer_an_earlier_question_are_put_in(few: Index) -> None:
    said = Said(
        quote="Chen Ronghui and Wu Xiaoning explained it.", name="Chen Ronghui and Wu Xiaoning"
    )
    history = ["Who are the officials that explained the plan?"]
    rewritten = rewrite("What did they say about data?", history, few, lambda _: said)
    assert rewritten == "What did Chen Ronghui and Wu Xiaoning say about data?"


def test_what_only_the_answer_names_is_taken_from_it(few: Index) -> None:
    said = Said(quote="The district runs micro-service centers.", name=None)
    history = ["What does the district run?"]
    rewritten = rewrite("What do those centres create?", history, few, lambda _: said)
    assert rewritten == "What do the micro-service centers create?"


LISTED = {
    "Which officials explained it?": "The officials who did were Chen Ronghui, Wu Xiaoning and "
    "Lu Dongsen.",
    "Which two ambassadors came to Yinchuan?": "Two ambassadors came to Yinchuan: Ahcene "
    "Boukhelfa, Ambassador of Algeria, and Lee Miao Kwong, Ambassador of Mauritius.",
    "Which provinces are partners?": "Hunan and Hebei are the partners.",
    "By whom was the forum held?": "The Data Center and IDG Asia held the Smart Town Forum there.",
    "Which three offices sent staff?": "Three offices sent staff: the Water Dept. and the Data and "
    "Land Dept.",
}
OFFICIALS, AMBASSADORS, PROVINCES, HOSTS, OFFICES = LISTED


@pytest.mark.parametrize(
    ("question", "history", "full"),
    [
        ("what's the second one's job", [OFFICIALS], "what's Wu Xiaoning's job"),
        ("What did the third official say?", [OFFICIALS], "What did Lu Dongsen say?"),
        ("and the last?", [OFFICIALS], "Who is Lu Dongsen?"),
        ("Where is the second of them from?", [AMBASSADORS], "Where is Lee Miao Kwong from?"),
        ("and the other one?", [AMBASSADORS, "Where is lee miao kwong from?"],
         "Where is Ahcene Boukhelfa from?"),
        ("Sorry, I meant the first one, not the second.",
         [AMBASSADORS, "Where is Lee Miao Kwong from?"], "Where is Ahcene Boukhelfa from?"),
        ("and the second?", [PROVINCES], "What is Hebei?"),
        ("who runs the first one", [HOSTS], "who runs the Data Center"),
        ("whats the third ones job", [OFFICIALS], "whats Lu Dongsen's job"),
        ("is that all of them?", [PROVINCES], "is that all of the partners?"),
        ("is that all of them?", [OFFICIALS],
         "Are Chen Ronghui, Wu Xiaoning and Lu Dongsen all of the officials that explained it?"),
        ("and the other speaker?", ["Who is Gao Feng?"],
         "Who is the other speaker besides Gao Feng?"),
        ("What did the fourth one say?", [OFFICIALS], "What did the fourth official say?"),
        ("What does the second office do?", [OFFICES], "What does the second office do?"),
        ("When was the first workshop?", [OFFICIALS], "When was the first workshop?"),
    ],
)  # fmt: skip
def test_one_of_several_whom_an_answer_lists_is_named(
    question: str, history: list[str], full: str, few: Index
) -> None:
    def told(earlier: str) -> Said | None:
        return Said(quote=LISTED[earlier], name=None) if earlier in LISTED else None

    assert rewrite(question, history, few, told) == full


def test_an_occasion_that_only_the_answer_names_is_meant_by_there(few: Index) -> None:
    said = Said(quote="CEC held a workshop.", name=None, marked="a workshop")
    rewritten = rewrite("Who spoke there?", ["What did CEC hold?"], few, lambda _: said)
    assert rewritten == "Who spoke at the workshop?"


@pytest.mark.parametrize("question", ["whats it all for", "whats the whole thing for"])
def test_the_whole_of_a_conversation_is_what_its_first_answer_names(
    question: str, few: Index
) -> None:
    said = Said(quote="Chaoyang runs mobile e-government.", name=None, marked="mobile")
    history = ["what does chaoyang run", "where do its units put their apps"]
    rewritten = rewrite(question, history, few, lambda _: said)
    assert rewritten == "whats the mobile e-government for"


@pytest.mark.parametrize(
    ("question", "full"),
    [
        ("Going back to the first one, who attended?", "who attended the 2018 summit?"),
        ("Back to the summit, who attended?", "who attended the 2018 summit?"),
        ("Back to the summit: who attended it?", "who attended the 2018 summit?"),
        ("OK. Back to Chen, what did he see?", "what did Chen see?"),
        ("Back to Dr. Chen, what did he see?", "what did Dr. Chen see?"),
        ("Who attended?", "Who attended the 2019 forum?"),
    ],
)
def test_a_question_goes_back_to_an_earlier_one(question: str, full: str, few: Index) -> None:
    history = ["When was the 2018 summit held?", "When was the 2019 forum held?"]
    assert rewrite(question, history, few) == full


def test_a_fragment_goes_into_the_earlier_question_that_has_its_like(few: Index) -> None:
    history = ["Who is the mayor of Yinchuan?", "How large is the market?"]
    rewritten = rewrite("And the party secretary?", history, few)
    assert rewritten == "Who is the party secretary of Yinchuan?"


def test_a_bare_summit_is_named_in_full(few: Index) -> None:
    history = ["When was the summit in Yinchuan?", "Which mayor gave a speech there?"]
    assert rewrite("Who else spoke?", history, few) == "Who else spoke at the summit in Yinchuan?"


def test_who_was_not_spoken_of_is_not_made_up(few: Index) -> None:
    assert rewrite("How long was he ill?", ["How are the libraries used?"], few) == (
        "How long was he ill?"
    )


def test_whom_a_question_asks_about_is_no_place(few: Index) -> None:
    assert rewrite("Were there any guests?", ["Who is Fang Binxing?"], few) == (
        "Were there any guests?"
    )


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Who else spoke?", ["Gao Feng", "Liu Yunan"]),
        ("Which other speakers came?", ["Gao Feng", "Liu Yunan"]),
        ("What did he say?", []),
    ],
)
def test_who_else_leaves_out_whom_was_spoken_of(question: str, names: list[str]) -> None:
    said = Said(quote="Gao Feng spoke.", name="Gao Feng")
    history = ["Who spoke besides Liu Yunan?"]
    assert named_before(question, history, lambda _: said) == names
    assert named_before(question, [], lambda _: said) == []


def test_without_a_name_in_the_answer_the_question_stands_for_it(few: Index) -> None:
    rewritten = rewrite("What is his position?", ["Who gave the first speech?"], few)
    assert rewritten == "What is the position of the person who gave the first speech?"


def test_what_a_question_asks_for_keeps_its_preposition() -> None:
    asked = "In which document did China first mention smart cities?"
    assert asked_for(asked) == [("the document in which China first mentioned smart cities", False)]


@pytest.mark.parametrize(
    ("question", "history", "full"),
    [
        ("why there?", ["Where did they recruit testers?"], "Why did they recruit testers?"),
        (
            "who by?",
            ["When was the Harbour Board set up?"],
            "By whom was the Harbour Board set up?",
        ),
        (
            "issued by whom and when?",
            ["full name of the 2018 Harbour Plan?"],
            "By whom was the 2018 Harbour Plan issued and when?",
        ),
        (
            "in what document was that?",
            ["Since when has Denby been mentioned in Aldmouth's plans?"],
            "In what document has Denby been mentioned in Aldmouth's plans?",
        ),
        (
            "with what kind of people?",
            ["How many interviews did the council carry out?"],
            "With what kind of people did the council carry out the interviews?",
        ),
        (
            "any ambassadors?",
            ["How many people attended the 2018 Harbour Summit?"],
            "Which ambassadors attended the 2018 Harbour Summit?",
        ),
        (
            "what about the second one",
            ["What are the workshops?", "how many came to the first one?"],
            "how many came to the second workshop?",
        ),
        (
            "when was it built, according to the former?",
            ["How does Denby define a port?", "And Aldmouth?"],
            "when was it built, according to Denby?",
        ),
        (
            "and the residents, what do they pay?",
            ["Who runs the ferry of Denby?"],
            "what do the residents pay?",
        ),
        (
            "leaving that partnership aside, has the city built a pier?",
            ["What partnership does Denby have with the Ferry Company?"],
            "has Denby built a pier?",
        ),
        (
            "and with city staff?",
            ["How many residents were interviewed for the harbour study?"],
            "How many city staff were interviewed for the harbour study?",
        ),
        (
            "and the National Harbour Plan?",
            ["Which years does Denby's draft five-year plan run for?"],
            "Which years does the National Harbour Plan run for?",
        ),
        ("by whom?", ["When was the Harbour Plan issued?"], "By whom was the Harbour Plan issued?"),
        (
            "and as of when?",
            ["how many ports are building piers"],
            "how many ports are building piers, and as of when?",
        ),
        (
            "where was that?",
            ["What did Ana Lund say about ferries?"],
            "Where did Ana Lund speak about ferries?",
        ),
        (
            "and ANNA, who leads that",
            ["Who pays for the BERTA study?"],
            "who leads ANNA",
        ),
        (
            "and the one in Denby, who hosted that?",
            ["When was the 2018 Harbour Summit?", "how many people came"],
            "who hosted the summit in Denby?",
        ),
        (
            "which IT companies are in Denby",
            ["When was the pier opened?"],
            "which IT companies are in Denby",
        ),
        ("who came before her?", ["Who is Ana Lund?"], "who came before Ana Lund?"),
        (
            "how many ports has the country?",
            ["Who leads Denby?"],
            "how many ports has the country?",
        ),
        (
            "how many were upheld",
            ["How many complaints were there in 2022?"],
            "how many complaints were upheld in 2022?",
        ),
        ("which were closed?", ["Which piers does Denby have?"], "which piers were closed?"),
        (
            "how many pilots",
            ["What was the turnover in Denby in 2022?"],
            "How many pilots in Denby?",
        ),
        (
            "name some of them",
            ["How many pilots in Denby?"],
            "name some of the pilots in Denby",
        ),
        (
            "who designed it",
            ["How many Ural lorries were built?"],
            "who designed the Ural lorry",
        ),
        (
            "how long can I stay there",
            ["can I bring a dog to the pier garden"],
            "how long can I stay in the pier garden",
        ),
        ("anyone hurt?", ["What caused the fire?"], "Was anyone hurt?"),
        (
            "no I mean the ferry house",
            ["How much did the Maple Pier cost?"],
            "How much did the ferry house cost?",
        ),
        ("sorry, Aldmouth", ["What does Denby district do?"], "What does Aldmouth do?"),
        (
            "and in Aldmouth?",
            ["what did the mayor of denby in 2016 say about ferries"],
            "what did the mayor of Aldmouth in 2016 say about ferries",
        ),
        (
            "did that work?",
            ["Why were testers recruited at the libraries?"],
            "did that work, regarding the testers and the libraries?",
        ),
        (
            "no, I meant PIER5, what does that one do?",
            ["Who leads PIER4?"],
            "what does PIER5 do?",
        ),
        (
            "when did that one open?",
            ["How long is the Harbour Road pier?", "What is Pier East?"],
            "when did Pier East open?",
        ),
        ("and the second one?", ["What was Amendment 1 about?"], "What was Amendment 2 about?"),
        ("the third?", ["When did Phase 2 begin?"], "When did Phase 3 begin?"),
        (
            "why did they leave?",
            ["Who was the first partner of the harbour project?"],
            "why did the first partner of the harbour project leave?",
        ),
        (
            "how many still work?",
            ["How many sensors did Denby buy?"],
            "how many of the sensors that Denby bought still work?",
        ),
        (
            "how many attended?",
            ["Which companies exhibited at the 2018 Harbour Summit?"],
            "how many attended the 2018 Harbour Summit?",
        ),
        (
            "how many broke?",
            ["What did the sensors in Denby cost?"],
            "how many of the sensors in Denby broke?",
        ),
        (
            "how much did that cost?",
            ["How many sensors did Denby install?"],
            "how much did the sensors that Denby installed cost?",
        ),
        (
            "why was that pushed back?",
            ["When will the first ten gauges be running?"],
            "why was that pushed back, regarding the first ten gauges?",
        ),
        (
            "why was that disputed claim made?",
            ["Who leads Denby?"],
            "why was that disputed claim made?",
        ),
        (
            "what explains the drop?",
            ["How many accidents were reported in 2022?"],
            "what explains the drop in accidents?",
        ),
        (
            "such as?",
            ["Which projects did Denby reject?"],
            "Which projects did Denby reject?",
        ),
        ("for example?", ["How many piers does Denby have?"], "Which piers does Denby have?"),
        (
            "who decides on it?",
            ["How much annual leave do the pilots get?"],
            "who decides on the annual leave that the pilots get?",
        ),
    ],
)
def test_a_question_as_typed_in_a_chat_is_completed(
    question: str, history: list[str], full: str, few: Index
) -> None:
    assert rewrite(question, history, few) == full
