"""Follow-up questions are completed; questions that stand on their own stay as they are."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Index
from qa.followups import otherwise, rewrite
from qa.followups.fragments import complete_fragment
from qa.followups.nounphrases import noun_phrases

SUMMIT = "When did the 2018 Global Smart City Summit take place?"
PILOTS = "How many pilots are there in Shenzhen?"
MAYOR = "Who is the Mayor of Yinchuan?"
OPINIONS = "When were the Guiding Opinions released?"
SPEECH = "What did Wang Jianping say about smart city construction?"

COMPLETED = [
    # pronouns
    ("Who hosted it?", SUMMIT, "Who hosted the 2018 Global Smart City Summit?"),
    ("who hosted it", SUMMIT, "who hosted the 2018 Global Smart City Summit"),
    ("What were its achievements?", SUMMIT,
     "What were the 2018 Global Smart City Summit's achievements?"),
    ("Was it a success?", SUMMIT, "Was the 2018 Global Smart City Summit a success?"),
    ("When did he speak?", SPEECH, "When did Wang Jianping speak?"),
    ("What is his post?", SPEECH, "What is Wang Jianping's post?"),
    ("What did she say?", MAYOR, "What did the Mayor of Yinchuan say?"),
    ("Which people did CEC send with her?", MAYOR,
     "Which people did CEC send with the Mayor of Yinchuan?"),
    ("When was it released?", "Which document sets goals for 2027?",
     "When was the document that sets goals for 2027 released?"),
    ("Who leads it?", "Which company works with Yinchuan?",
     "Who leads the company that works with Yinchuan?"),
    ("Who is its mayor?", "Which city hosted the 2018 summit?",
     "Who is the mayor of the city that hosted the 2018 summit?"),
    ("What else did the official say?", "Which official spoke of data?",
     "What else did the official that spoke of data say?"),
    ("Which countries did they come from?", "Who was invited to the 2018 summit?",
     "Which countries did those who were invited to the 2018 summit come from?"),
    ("Who else was there?", "What did Gao Feng say about Urumuchi?",
     "Who else was there in Urumuchi?"),
    ("What about Fangshan?", "How is Beijing's Chaoyang district building a smart city?",
     "How is Fangshan building a smart city?"),
    ("What about Shenzhen?", "Who is Yinchuan's mayor?", "Who is Shenzhen's mayor?"),
    ("Who carries it out?", "What does the ITC study cover?", "Who carries the ITC study out?"),
    ("What is it for?", "Which district of Beijing uses electronic mail?",
     "What is the district of Beijing that uses electronic mail for?"),
    ("Why not?", "Did the owners get a dividend?", "Why did the owners not get a dividend?"),
    ("deadline?", "How much money does Small Sparks have?",
     "What is the deadline, regarding Small Sparks?"),
    ("and the budget?", "Who works on Atlas with Denby?",
     "What is the budget, regarding Atlas and Denby?"),
    ("ningxia?", "what did the mayor say?", "what did the mayor say, regarding ningxia?"),
    ("how many are allowed?", "How many C. difficile cases were there?",
     "how many C. difficile cases are allowed?"),
    ("How big is it?", "How much does Senn Heat owe?", "How big is Senn Heat?"),
    ("who is in charge of planning there", "which firms take part in developing urumuchi",
     "who is in charge of planning in urumuchi"),
    ("Hosted by?", "When was the 2018 summit?", "By whom was the 2018 summit hosted?"),
    ("wait times at the clinic?", "When was the 2018 summit?", "wait times at the clinic?"),
    ("who put it on?", "When was the 2018 summit?", "who hosted the 2018 summit?"),
    ("What for?", "Which provinces does CEC work with?", "Why does CEC work with the provinces?"),
    ("no wait, the second point", "What was the third point of Liu Yunan's speech?",
     "What was the second point of Liu Yunan's speech?"),
    ("is it a forum then", "Where is the 2019 summit?", "is the 2019 summit a forum?"),
    ("and thats an example of what", "How does Yinchuan work?", "What is Yinchuan an example of?"),
    ("when does a city turn into one?", "How is a smart city defined?",
     "when does a city turn into a smart city?"),
    ("What for?", "What was held in Yinchuan?", "Why was it held in Yinchuan?"),
    ("Which departments were there?", "When was the 2018 summit?",
     "Which departments attended the 2018 summit?"),
    ("And the second?", "When was the first batch of pilots announced?",
     "When was the second batch of pilots announced?"),
    ("And according to CEC?", "What is a smart city according to CSIP?",
     "What is a smart city according to CEC?"),
    ("And that of Shenzhen?", "What did the mayor of Yinchuan say?",
     "What did the mayor of Shenzhen say?"),
    ("What did they show?", "Which companies exhibited at the summit?",
     "What did the companies that exhibited at the summit show?"),
    ("What is their task?", "Who leads the construction in Urumuchi?",
     "What is the task of those who lead the construction in Urumuchi?"),
    ("What kinds of support did she name?", "What does Wu Xiaoning regard as the key to the plan?",
     "What kinds of support did Wu Xiaoning name?"),
    ("Which of them spoke of data?", "Which officials explained the Guiding Opinions?",
     "Which of the officials spoke of data?"),
    ("Which of them is the director?", "Which officials explained the Guiding Opinions?",
     "Which of the officials is the director?"),
    ("What share of cities do they cover?", "How many national pilots are there?",
     "What share of cities do the national pilots cover?"),
    ("Was anybody from Algeria at the conference?", SUMMIT,
     "Was anybody from Algeria at the 2018 Global Smart City Summit?"),
    ("How long did the summit last?", SUMMIT,
     "How long did the 2018 Global Smart City Summit last?"),
    ("What is it for Liu Yunan?", "How does Xinjiangnet define a smart city?",
     "What is the smart city for Liu Yunan?"),
    ("What types does the programme name?", "When did the National New Urbanization Plan come out?",
     "What types does the National New Urbanization Plan name?"),
    ("What is the full title of the document?", OPINIONS,
     "What is the full title of the Guiding Opinions?"),
    ("No sorry, I meant the State Council circular",
     "When was the National New Urbanization Plan published?",
     "When was the State Council circular published?"),
    ("And compared with the summit in Yinchuan the year before?",
     "When was the 2019 Smart City Forum held?", "When was the summit in Yinchuan held?"),
    ("And in Fangshan, what have they got?", "What do the units of Chaoyang have?",
     "what have Fangshan got?"),
    ("And the party secretary?", "Who is Yinchuan's mayor?", "Who is Yinchuan's party secretary?"),
    ("Sorry, I meant its number", "When did the State Council issue its circular?",
     "What is the number of the State Council's circular?"),
    ("OK, and when was it?", SUMMIT, "When was the 2018 Global Smart City Summit?"),
    ("And the other speaker?", "What did the chief engineer of CSIP say?",
     "What did the other speaker say?"),
    ("I meant Chaoyang in Beijing", "Which applications does Zhengzhou have?",
     "Which applications does Chaoyang have in Beijing?"),
    ("Which one exactly?", "How quickly did the pilots bring China to a new paradigm?",
     "How quickly did the pilots bring China to a new paradigm, and which one?"),
    ("Is Yinchuan one of them?", "How many pilot cities are there?",
     "Is Yinchuan one of the pilot cities?"),
    ("When was it made?", "Does Macao have a plan?", "When was the plan made?"),
    ("What does its study cover?", "What does Hong Kong's Innovation and Technology Commission do?",
     "What does the study of Hong Kong's Innovation and Technology Commission cover?"),
    ("who is its deputy director", "What is the National Data Administration's full title?",
     "who is the National Data Administration's deputy director"),
    ("What closed it?", "When was the harbour opened?", "What closed the harbour?"),
    ("What is it worth?", "Who signed the agreement?", "What is the agreement worth?"),
    ("who hosted it?", "Which summit was held in Denby?",
     "who hosted the summit that was held in Denby?"),
    ("who hosted it?", "Which city held the summit?", "who hosted the summit?"),
    ("How many people came?", "Which summit was held in Denby?",
     "How many people came to the summit that was held in Denby?"),
    ("what did they say?", "Which officials explained the Guiding Opinions?",
     "what did the officials that explained the Guiding Opinions say?"),
    ("what do they say about data?", OPINIONS, "what do the Guiding Opinions say about data?"),
    ("Is big data part of it?", "What is the 2030 plan of Denby?",
     "Is big data part of the 2030 plan of Denby?"),
    ("when was this issued?", "What does the State Council circular say?",
     "when was the State Council circular issued?"),
    ("Who coined the term?", "What is a smart city?", "Who coined the term smart city?"),
    ("And Aldmouth?", "Does Denby plan to become a port?", "Does Aldmouth plan to become a port?"),
    ("And the Party Secretary?", "Who is the mayor of Denby?",
     "Who is the Party Secretary of Denby?"),
    ("no, the Party Secretary", "What did the mayor say in 2018?",
     "What did the Party Secretary say in 2018?"),
    ("since when?", PILOTS, "Since when are there pilots in Shenzhen?"),
    ("how many are there?", "Which ministries are involved in the pilots?",
     "How many ministries are involved in the pilots?"),
    ("How many of them are there?", "What are the fields of Denby's plan?",
     "How many fields of Denby's plan are there?"),
    ("How long has he served?", "Who is the dogcatcher of Marfa?",
     "How long has the dogcatcher of Marfa served?"),
    ("When did it end?", "What is Ordinance 2021-15?", "When did Ordinance 2021-15 end?"),
    ("Who is its president?", "What is the role of the State Information Center?",
     "Who is the State Information Center's president?"),
    ("How is it measured?", "What causes inflation?", "How is inflation measured?"),
    ("When did it become a pilot city?", MAYOR, "When did Yinchuan become a pilot city?"),
    ("Who released them?", OPINIONS, "Who released the Guiding Opinions?"),
    ("What do they cover?", OPINIONS, "What do the Guiding Opinions cover?"),
    ("They were released by whom?", OPINIONS, "The Guiding Opinions were released by whom?"),
    ("Who funds them?", PILOTS, "Who funds the pilots in Shenzhen?"),
    ("What did they sign?", "Which companies attended the summit?",
     "What did the companies that attended the summit sign?"),
    ("What did they sign?", "Who hosted the Yinchuan summit?",
     "What did those who hosted the Yinchuan summit sign?"),
    ("Where are they?", "Which companies did CEC work with?",
     "Where are the companies that CEC worked with?"),
    ("What did they announce?", "When did the State Information Center and IDG Asia meet?",
     "What did the State Information Center and IDG Asia announce?"),
    ("What does it propose?", "When did Macao release its five-year plan?",
     "What does Macao's five-year plan propose?"),
    ("what does it build?", "what is zhengzhou building?", "what does zhengzhou build?"),
    ("when did he speak", "what did liu yunan say", "when did liu yunan speak"),
    ("Who is it’s mayor?", "Where is Yinchuan?", "Who is Yinchuan’s mayor?"),
    ("Is that true of CSIP?", "Where is Yinchuan?", "Is that true of CSIP?"),
    ("When was that?", SUMMIT, "When was the 2018 Global Smart City Summit?"),
    ("How much was it?", "When did the council approve the budget?", "How much was the budget?"),
    ("Which forum did it host?", "When did CEC sign the agreement?", "Which forum did CEC host?"),
    ("who is that?", "What goes wrong with smart cities according to Chen Ronghui?",
     "who is Chen Ronghui?"),
    ("who hosted that one?", SUMMIT, "who hosted the 2018 Global Smart City Summit?"),
    ("Which of them concern traffic?", "What projects does Urumuchi have?",
     "Which of the projects that Urumuchi has concern traffic?"),
    ("what did she say", "who is yang yujing", "what did yang yujing say"),
    ("What do their goals say?", OPINIONS, "What do the Guiding Opinions' goals say?"),
    ("Which technologies does it include?", "When was Yinchuan's partnership with CEC announced?",
     "Which technologies does Yinchuan's partnership with CEC include?"),
    ("List them.", "Which rivers cross Zhengzhou?", "List the rivers that cross Zhengzhou."),
    # there, that summit, the summit
    ("What did Liu Yunan say there?", SUMMIT,
     "What did Liu Yunan say at the 2018 Global Smart City Summit?"),
    ("With whom will the city work?", "What did Hong Kong announce in the 2016 Policy Address?",
     "With whom will Hong Kong work?"),
    ("What was shown there?", SUMMIT, "What was shown at the 2018 Global Smart City Summit?"),
    ("Who is the mayor there?", "Where is Yinchuan?", "Who is the mayor of Yinchuan?"),
    ("What projects are there?", "Which industries have risen in Urumuchi?",
     "What projects are there in Urumuchi?"),
    ("Who hosted that summit?", SUMMIT, "Who hosted the 2018 Global Smart City Summit?"),
    ("Who spoke at the summit?", SUMMIT, "Who spoke at the 2018 Global Smart City Summit?"),
    ("Who funds these projects?", "How many projects are there in Urumuchi?",
     "Who funds the projects in Urumuchi?"),
    ("Which networks has the city built?", "How is Urumuchi spelled?",
     "Which networks has Urumuchi built?"),
    ("Who manages this company?", "What does CEC provide?", "Who manages CEC?"),
    # an occasion left out
    ("How many people attended?", SUMMIT,
     "How many people attended the 2018 Global Smart City Summit?"),
    ("Who else spoke?", SUMMIT, "Who else spoke at the 2018 Global Smart City Summit?"),
    ("Which departments sent staff?", SUMMIT,
     "Which departments sent staff to the 2018 Global Smart City Summit?"),
    ("Was there an exhibition?", SUMMIT,
     "Was there an exhibition at the 2018 Global Smart City Summit?"),
    # fragments
    ("and in Yinchuan?", PILOTS, "How many pilots are there in Yinchuan?"),
    ("In Yinchuan?", PILOTS, "How many pilots are there in Yinchuan?"),
    ("And Yinchuan?", PILOTS, "How many pilots are there in Yinchuan?"),
    ("what about yinchuan", "how many pilots are there in shenzhen",
     "how many pilots are there in yinchuan"),
    ("What about 2019?", "Who hosted the 2018 summit?", "Who hosted the 2019 summit?"),
    ("and in 2019?", "Who hosted the 2018 summit?", "Who hosted the 2019 summit?"),
    ("2019?", "Who hosted the summit in 2018?", "Who hosted the summit in 2019?"),
    ("What about 2019?", "Who hosted the summit?", "Who hosted the summit in 2019?"),
    ("And in January 2012?", "What was released in March 2014?",
     "What was released in January 2012?"),
    ("And the Party Secretary?", MAYOR, "Who is the Party Secretary of Yinchuan?"),
    ("And of Shenzhen?", MAYOR, "Who is the Mayor of Shenzhen?"),
    ("How about Gao Feng?", SPEECH, "What did Gao Feng say about smart city construction?"),
    ("What about Liu Yunan in 2019?", "What did Gao Feng say in 2018?",
     "What did Liu Yunan say in 2019?"),
    ("And secondly?", "What did Liu Yunan say firstly?", "What did Liu Yunan say secondly?"),
    ("Why?", OPINIONS, "Why were the Guiding Opinions released?"),
    ("And where?", SUMMIT, "Where did the 2018 Global Smart City Summit take place?"),
    ("when?", "Did Yinchuan host a summit?", "When did Yinchuan host a summit?"),
    ("When?", "Who hosted the summit?", "When was the summit hosted?"),
    ("On what date?", "Who wrote the Guidelines?", "On what date were the Guidelines written?"),
    ("When?", "Who won the prize?", "When was the prize won?"),
    ("When?", "Who said that cities matter?", "When did someone say that cities matter?"),
    ("Where?", "Who spoke at the workshop?", "Where did someone speak at the workshop?"),
    ("How many?", "Which projects does Urumuchi have?", "How many projects does Urumuchi have?"),
    ("Which ones?", "How many projects does Urumuchi have?",
     "Which projects does Urumuchi have?"),
    ("how many?", "Who attended the summit?", "How many people attended the summit?"),
    ("Who else?", "Who attended the summit?", "Who else attended the summit?"),
    ("On what basis?", "Which technologies does CEC want to bring to Yinchuan?",
     "On what basis does CEC want to bring the technologies to Yinchuan?"),
    ("What share of the cities?", PILOTS,
     "How many pilots are there in Shenzhen, and what share of the cities?"),
    ("Does Shenzhen?", "Does Yinchuan have a smart zone?", "Does Shenzhen have a smart zone?"),
    ("And the 12th?", "What are the goals of the 13th Five-Year Plan?",
     "What are the goals of the 12th Five-Year Plan?"),
    ("And Macao's?", "What is Hong Kong's plan for 2030?", "What is Macao's plan for 2030?"),
    ("And section 5?", "What does section 4 of the ordinance say?",
     "What does section 5 of the ordinance say?"),
    ("By when?", "Which agencies must publish open data?",
     "Which agencies must publish open data, and by when?"),
    ("And at county level?", "How many cities had plans by 2016?",
     "How many cities at county level had plans by 2016?"),
    ("And at the county level?", "How many cities above the provincial level have plans?",
     "How many cities at the county level have plans?"),
    ("And a year later?", "What was held here in 2018?", "What was held here in 2019?"),
    ("the year before?", "Who hosted the 2018 summit?", "Who hosted the 2017 summit?"),
    ("and 5 years earlier", "How many pilots were there in 2016?",
     "How many pilots were there in 2011?"),
    ("When was this?", "What did Hong Kong announce?", "When did Hong Kong announce?"),
    ("and its mayor?", "Who is the Party Secretary of Beijing?", "Who is Beijing's mayor?"),
    # corrections
    ("No, I meant the 2018 one.", "Who hosted the 2019 forum?", "Who hosted the 2018 forum?"),
    ("I mean Shenzhen", "When did Yinchuan hold a summit?", "When did Shenzhen hold a summit?"),
    ("No, in Shenzhen", "When was the summit in Yinchuan?", "When was the summit in Shenzhen?"),
    ("sorry, I meant the 2019 Asia-Pacific forum", "Who hosted the 2018 Global Smart City Summit?",
     "Who hosted the 2019 Asia-Pacific forum?"),
    ("I mean the one in Yinchuan.", "When did the summit take place?",
     "When did the summit in Yinchuan take place?"),
    ("sorry, the circular, not the plan", "When was the circular released?",
     "When was the circular released?"),
    ("Sorry, I meant the first one, not the second.",
     "Which country does the second of the two ambassadors represent?",
     "Which country does the first of the two ambassadors represent?"),
    ("I meant the third point, not the second", "What did Liu Yunan say secondly?",
     "What did Liu Yunan say thirdly?"),
    ("no i mean the city not the province", "who runs the province?", "who runs the city?"),
    ("not Yinchuan but Beijing", "How many pilots does Yinchuan have?",
     "How many pilots does Beijing have?"),
    ("the 2017 one, not the 2018 one", "Who hosted the 2018 summit?",
     "Who hosted the 2017 summit?"),
    ("no, Shenzhen, not the province", "Who leads the province?", "Who leads Shenzhen?"),
    ("Now I mean the Party Secretary, not the Mayor.", "Who is the mayor of Yinchuan?",
     "Who is the Party Secretary of Yinchuan?"),
    ("Sorry, I meant the release of the circular, not of the plan.",
     "When was the New Urbanization Plan released?", "When was the circular released?"),
    ("i mean buses not trams", "how many trams run in Lhasa?", "how many buses run in Lhasa?"),
    ("Sorry, I wanted the view of Gao Feng instead.",
     "Out of what do smart cities grow, in the view of Wu Xiaoning?",
     "Out of what do smart cities grow, in the view of Gao Feng?"),
    # what fits nowhere is appended
    ("And the mayor?", SUMMIT,
     "When did the 2018 Global Smart City Summit take place, regarding the mayor?"),
    # Chinese
    ("那银川呢？", "深圳有多少个试点？", "银川有多少个试点？"),
    ("2019年呢？", "2018年的峰会在哪里举办？", "2019年的峰会在哪里举办？"),
]  # fmt: skip

INDEPENDENT = [
    "Is it true that China has 277 pilots?",
    "How long does it take to build a smart city?",
    "What does it mean to be a pilot city?",
    "Is it possible to visit the exhibition?",
    "How many pilots are there in China?",
    "Is there a forum in Shenzhen?",
    "There are how many ministries in China?",
    "Who said that cities need data?",
    "Which agreement that Yinchuan signed is about health?",
    "What did CEC announce when it hosted the summit?",
    "What did Liu Yunan say in his speech?",
    "Did Yinchuan publish its plan?",
    "When it was founded, what was the National Data Bureau called?",
    "Which cities have published their plans?",
    "Do the pilot cities think that they are well funded?",
    "Who is the director of the Digital Economy Department?",
    "What is a smart city?",
    "Why do cities want data platforms?",
    "smart city pilots",
    "Shenzhen",
    "Who oversees the Innovation and Technology Commission?",
    "What drives adoption?",
    "What about the penalties for companies that breach the Guiding Opinions of May 2024?",
    "Which minister believed he had done enough?",
    "Which candidate lost his own state?",
    "How does the speaker say she lives?",
    "Since when was it taught that cities grow?",
    "Why are there too many forums?",
    "At the time of its founding, how many members did CSIP have?",
    "Who invented gunpowder?",
    "Who did the former mayor of Shenzhen meet?",
    "What percentage of users use the app?",
    "As of when was that share of the cities reached in China?",
    "Who was the leader who took the citizens to their new home?",
    "Who says that they will build more?",
    "What did CSIP change it's name to?",
    "How many people demonstrated?",
    "Which cities have trams, not buses?",
    "Why was the draft of Macao not published?",
    "Which artist was the first to have their catalogue printed?",
    "What are those from Shenzhen called?",
    "If a city has to wait, how are they compensated?",
    "Which findings suggested that the region was densely populated?",
    "智慧城市有多少个试点？",
]


@pytest.mark.parametrize(("question", "previous", "full"), COMPLETED)
def test_leaning_question_is_completed(question: str, previous: str, full: str, few: Index) -> None:
    assert rewrite(question, [previous], few) == full


@pytest.mark.parametrize("question", INDEPENDENT)
@pytest.mark.parametrize("previous", [SUMMIT, PILOTS, MAYOR, OPINIONS, SPEECH])
def test_independent_question_is_unchanged(question: str, previous: str, few: Index) -> None:
    assert rewrite(question, [previous], few) == question


def test_a_fragment_of_nothing_is_none() -> None:
    for fragment in ("why not?", "why?", "deadline?"):
        assert complete_fragment(fragment, [""]) is None


def test_blank_history_is_no_history(few: Index) -> None:
    assert rewrite(" Who hosted it? ", ["", "  "], few) == "Who hosted it?"


def test_a_question_takes_less_than_a_millisecond(few: Index) -> None:
    cases = [(question, [previous]) for question, previous, _ in COMPLETED]
    fastest = float("inf")
    for _ in range(3):
        noun_phrases.cache_clear()
        began = time.perf_counter()
        for question, history in cases:
            rewrite(question, history, few)
        fastest = min(fastest, (time.perf_counter() - began) / len(cases))
    assert fastest < 0.005  # 5 ms leaves room for a busy machine


WORDS = st.sampled_from(
    "who what when where why how many which did does is it they he there that this those and in of "
    "the a 's ’s ' ? , . no i mean meant about Yinchuan 2018 summit mayor else 那 呢 ？ pilots its "
    "one ones first".split()
)
PHRASES = st.lists(WORDS, max_size=9).map(" ".join)
TEXTS = PHRASES | st.text(max_size=60)


@given(question=TEXTS, history=st.lists(TEXTS, max_size=4))
def test_any_text_is_rewritten_to_something(question: str, history: list[str], few: Index) -> None:
    rewritten = rewrite(question, history, few)
    assert bool(rewritten.strip()) == bool(question.strip())
    assert rewritten == rewritten.strip()
    earlier = [text for text in history if text.strip()]
    others = [one.question for one in otherwise(question, rewritten, earlier, few)]
    assert len({*others, rewritten}) == len(others) + 1
    assert all(other.strip() for other in others)


@given(question=TEXTS)
def test_without_history_a_question_is_only_stripped(question: str, few: Index) -> None:
    assert rewrite(question, [], few) == question.strip()


def test_a_year_that_tells_when_is_a_phrase_of_its_own() -> None:
    def found(question: str) -> list[str]:
        return [phrase.text for phrase in noun_phrases(question)]

    assert found("By 2030 Hong Kong is to be what?") == ["2030", "Hong Kong"]
    assert found("Who saw the 2018 Harbour Summit?") == ["the 2018 Harbour Summit"]


@given(question=TEXTS)
def test_noun_phrases_are_slices_of_the_question(question: str) -> None:
    for phrase in noun_phrases(question):
        assert phrase.text in question
        assert phrase.start < phrase.core <= phrase.end
