"""Closed word classes and common English verbs, by which a question is taken apart.

Lists only; `qa.followups.nounphrases` reads them. Every word is lower-case. What is in no list is
taken for a noun, an adjective or a name.
"""

ARTICLES = frozenset({"the", "a", "an"})
DEMONSTRATIVES = frozenset({"this", "that", "these", "those"})
QUANTIFIERS = frozenset(
    "some any no all both each every many much more most several few less another other".split()
)
POSSESSIVES = frozenset({"my", "your", "our", "his", "her", "its", "their", "whose"})
PRONOUNS = frozenset(
    "i me you we us he him she they them it one ones itself himself herself themselves someone "
    "anyone everyone something anything everything nothing there here mine yours theirs hers "
    "somebody anybody nobody ours".split()
)
WH = frozenset("who whom whose what which when where why how whats whos".split())
BE = frozenset(
    "is are was were be been being am isn aren wasn weren isnt arent wasnt werent".split()
)
DO = frozenset("do does did don doesn didn dont doesnt didnt".split())
MODALS = frozenset(
    "will would can could shall should may might must cannot wouldn couldn shouldn "
    "wont cant wouldnt couldnt shouldnt".split()
)
HAVE = frozenset("has have had having hasn haven hadn hasnt havent hadnt".split())
AUXILIARIES = BE | DO | MODALS | HAVE
PREPOSITIONS = frozenset(
    "in at on of for from to by with about into over under between among during after before "
    "since until till through near beside besides against without within across behind above "
    "below towards toward upon per via as alongside regarding concerning around except like than "
    "along off onto despite throughout according".split()
)
CONJUNCTIONS = frozenset(
    "and or but nor if because while whereas although though unless so whether".split()
)
ADVERBS = frozenset(
    "also too else then now still ever never already just even only again today yesterday tomorrow "
    "tonight not yet always often usually together ago instead please actually rather however "
    "exactly really soon later perhaps maybe once twice well very quite up out down away back most "
    "long far elsewhere altogether overall sorry".split()
)
CLOSED = (
    ARTICLES | DEMONSTRATIVES | QUANTIFIERS | POSSESSIVES | PRONOUNS | WH | AUXILIARIES
    | PREPOSITIONS | CONJUNCTIONS | ADVERBS
)  # fmt: skip

PERSON = frozenset(
    "mayor secretary director president engineer ambassador manager executive official officials "
    "expert experts developer speaker speakers author authors minister chairman chairwoman chair "
    "chairperson governor premier scientist professor leader leaders founder founders king queen "
    "prince princess emperor singer actor actress writer guest guests delegate delegates person "
    "people man woman men women citizens citizen residents visitors diplomats journalist reporter "
    "spokesman spokeswoman spokesperson commissioner head ceo player players coach architect "
    "artist poet composer general pope bishop officer mother father wife husband son daughter boss "
    "chief captain judge sheriff administrator deputy senator senators candidate candidates "
    "individual representative representatives ambassadors participants members member staff "
    "employee employees workers users customers volunteers students teachers tenants treasurer "
    "chancellor curator conductor principal headmaster headteacher clerk coordinator inspector "
    "planner surveyor superintendent supervisor trustee trustees owner owners winner winners "
    "ranger rangers warden nurse nurses doctor doctors surgeon dean rector lecturer researcher "
    "researchers librarian archaeologist geologist economist consultant designer editor skipper "
    "parents pupils patients farmers drivers passengers auditor auditors master ombudsman "
    "spokespeople deputies".split()
)
EVENT = frozenset(
    "summit forum conference workshop seminar meeting exhibition congress symposium event fair "
    "expo festival ceremony convention session hearing hearings summits forums conferences "
    "workshops meetings events game match war battle election".split()
)
PLACE = frozenset(
    "city cities town province provinces district districts region country county village area "
    "place state island continent capital state nation municipality".split()
)
ORGANISATION = frozenset(
    "company corporation ministry department dept group center centre administration bureau "
    "commission government agency university committee office firm institute council association "
    "organisation organization enterprise bank society league team party school college club "
    "union board authority".split()
)
TIME = frozenset(
    "january february march april may june july august september october november december jan feb "
    "mar apr jun jul aug sep sept oct nov dec year month day date time week century decade "
    "monday tuesday wednesday thursday friday saturday sunday period years months days".split()
)
SPEAKING = frozenset(
    "say says said explain explained argue argued claim claimed state stated mention mentioned "
    "speak speaks spoke talk talked call called".split()
)
TERMS = frozenset("term word expression concept abbreviation acronym phrase".split())
WRITINGS = frozenset(
    "plan draft report article policy law circular strategy study book paper document agreement "
    "treaty programme program project notice letter opinions guidelines guideline guidance outline "
    "regulation regulations text piece publication scheme roadmap directive".split()
)
# What a bare "the ..." or "that ..." may call a thing by, and the kind of thing it then is.
CLASS_NOUNS = {
    **dict.fromkeys("city town country place district province region".split(), "place"),
    **dict.fromkeys(
        "company organisation organization corporation agency firm institution body enterprise "
        "ministry".split(),
        "organisation",
    ),
    **dict.fromkeys(
        "event meeting conference summit forum gathering congress symposium convention".split(),
        "event",
    ),
    **dict.fromkeys(
        "document paper text piece publication report article plan programme program scheme policy "
        "guidelines guideline guidance circular".split(),
        "writing",
    ),
    **dict.fromkeys("person man woman official".split(), "person"),
}
ROLES = frozenset(
    "mayor secretary president director manager engineer minister governor chairman chairwoman "
    "ceo leader premier".split()
)
# Verbs of which the subject acts: a company or a city rather than a plan.
AGENTIVE = frozenset(
    "host hosted sign signed work worked want wants hold held publish published announce announced "
    "build built sponsor sponsored organise organize open opened invite invited send sent provide "
    "employ hire spend own buy sell release released launch launched join joined sent do".split()
)
# Verbs of which a question about an occasion often leaves the occasion out.
OCCASION_VERBS = frozenset(
    "attend attended come came speak spoke participate participated host hosted sponsor sponsored "
    "organise organised organize organized invite invited present attendees happen happened held "
    "talk talked exhibit exhibited shown".split()
)

_REGULAR = """
accept achieve add adopt agree aim allow analyse analyze announce appear apply approve argue ask
attend authorise authorize become begin believe belong bring build buy call carry cause choose
claim clarify come complete comprise concern connect consider consist construct contain continue
contribute cooperate cover create cultivate declare decline define deliver depend describe develop
die discover discuss do draft draw drive earn enable encourage end enhance establish exist expect
explain explore express face fail feel find finish follow formulate found gather get give go grow
happen have help hold implement include increase inform innovate integrate introduce invent invest
invite involve join keep know launch lead learn leave let live locate lose maintain make manage
mean measure meet mention move need occur offer open operate organise organize owe own participate
pay perform point prepare prevent produce promote propose provide publish put raise reach read
realise realize receive recognise recognize reduce refer regard release rely remain replace
represent require rise run say see seem sell send serve set sing speak spell spend sponsor stand
start stay stop strengthen suggest take talk tell think transform try turn understand use visit
want win write
work act affect appoint attack base bear break catch compete compose conduct conquer convert cross
defeat derive destroy determine discuss earn elect eliminate enter escape fall fight fly form gain
grant hire identify indicate influence kill lack lie like locate look marry mine obtain oppose
order originate pass play practise practice prove publish refuse reject repeat reside result return
retire rule sail score separate settle share shoot show sign sink sit sleep solve spread study
succeed suffer support teach translate travel treat undergo unite vote wear host plan report name
fund finance attract award collaborate partner cite respond react watch hang head matter issue
record design test focus limit link rank control estimate
elect showcase relate recruit interview collect rebuild relaunch evaluate select train submit store
protect request install remove redesign assess deploy address fix combine compare decide hurt
uphold steal complain
afford allocate amend arrange assign avoid ban borrow burn calculate confirm consult coordinate
demolish deny detect dismiss distribute donate employ enforce equip exceed exclude expand expire
extend freeze generate govern improve inspect insist lend manufacture merge negotiate oversee
postpone predict prefer prohibit pursue recommend recover recycle refurbish regulate relocate renew
resign restore restrict reveal specify supervise suspend threaten urge verify withdraw
""".split()
_IRREGULAR = {
    "become": "became", "begin": "began begun", "bring": "brought", "build": "built",
    "buy": "bought", "choose": "chose chosen", "come": "came", "do": "did done",
    "draw": "drew drawn", "drive": "drove driven", "feel": "felt", "find": "found", "hurt": "hurt",
    "get": "got gotten", "give": "gave given", "go": "went gone", "grow": "grew grown",
    "hold": "held", "keep": "kept", "know": "knew known", "lead": "led", "leave": "left",
    "lose": "lost", "make": "made", "mean": "meant", "meet": "met", "pay": "paid",
    "read": "read", "rebuild": "rebuilt", "rise": "rose risen", "run": "ran run", "say": "said",
    "see": "saw seen", "sell": "sold", "send": "sent", "set": "set", "put": "put",
    "let": "let", "sing": "sang sung",
    "speak": "spoke spoken", "spell": "spelt spelled", "spend": "spent", "stand": "stood",
    "take": "took taken", "tell": "told", "think": "thought", "understand": "understood",
    "win": "won", "write": "wrote written", "bear": "bore born borne", "break": "broke broken",
    "catch": "caught", "fall": "fell fallen", "fight": "fought", "fly": "flew flown",
    "uphold": "upheld", "steal": "stole stolen", "freeze": "froze frozen", "lend": "lent",
    "oversee": "oversaw overseen", "withdraw": "withdrew withdrawn",
    "shoot": "shot", "show": "showed shown", "sink": "sank sunk", "sit": "sat",
    "teach": "taught", "wear": "wore worn", "lie": "lay lain", "have": "had", "spread": "spread",
}  # fmt: skip
# Verbs that are as often nouns, where only the place in the question tells.
AMBIGUOUS = frozenset(
    form
    for word in (
        "plan report name host study work use share support form order rule score vote cost sign "
        "result need aim claim cause fund partner lead mine attack award base cover cross draft "
        "drive end face fall fight gain grant help influence lack launch look measure move offer "
        "play point practice project read release return run set show spread stand start state "
        "stop talk travel turn visit win concern answer change "
        "increase process design test view focus record approach charge control "
        "display estimate impact issue interest limit link list note rank rate sound "
        "supply target trade value position act deal last interview train store request address fix"
    ).split()
    for form in (word, word + "s")
)


_DOUBLING = frozenset("stop plan refer prefer occur submit ban".split())


def _past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    if verb in _DOUBLING:
        return verb + verb[-1] + "ed"
    return verb + "ed"


def inflect(verb: str, helper: str) -> str:
    """Return a base form as it is without "did" or "does": ``hold``, ``did`` → ``held``."""
    if helper == "did":
        return _IRREGULAR[verb].split()[0] if verb in _IRREGULAR else _past(verb)
    return _third(verb) if helper == "does" else verb


def _third(verb: str) -> str:
    if verb == "have":
        return "has"
    if verb.endswith(("s", "sh", "ch", "x", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


BASES = frozenset(_REGULAR)
_FORMS = [(_IRREGULAR.get(verb) or _past(verb)).split() for verb in _REGULAR]
PAST = frozenset(form for forms in _FORMS for form in forms) - frozenset(
    "read set put let spread run".split()
)
BASE_OF_PAST = {forms[0]: verb for verb, forms in zip(_REGULAR, _FORMS, strict=True)}
PARTICIPLES = {forms[0]: forms[-1] for forms in _FORMS}  # by the past: "wrote", "written"
DONE = frozenset(PARTICIPLES.values()) | PAST
PROGRESSIVE = frozenset(
    form
    for verb in (*_REGULAR, "cut", "hit", "put")
    for form in (verb + "ing", verb.removesuffix("e") + "ing", verb + verb[-1] + "ing")
)
VERBS = BASES | PAST | frozenset(_third(verb) for verb in _REGULAR)
