"""Other ways to write a word that mean the same: British and American, irregular plurals, numbers.

Rules over single words, without regard to any index. Regular plurals need nothing: they have the
same stem.
"""

import re
from functools import lru_cache

MONTHS = (
    "january february march april may june july august september october november december".split()
)
ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen".split()
)
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
TENS = dict(zip(range(20, 100, 10), _TEN_WORDS, strict=True))
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
)
_SUFFIXES = {1: "st", 2: "nd", 3: "rd"}

# British, American; where a rule would meet too many words that have one spelling only.
_SPELLINGS = """
aeroplane airplane, aluminium aluminum, analogue analog, analyse analyze, analysed analyzed,
analysing analyzing, artefact artifact, axe ax, catalogue catalog, catalogued cataloged,
catalyse catalyze, cheque check, colour color, coloured colored, colours colors,
cosy cozy, defence defense, dialogue dialog, disc disk, draught draft, enrol enroll,
enrolment enrollment, fulfil fulfill, fulfilment fulfillment, grey gray, instalment installment,
jewellery jewelry, judgement judgment, kerb curb, licence license, manoeuvre maneuver, mould mold,
moustache mustache, offence offense, paralyse paralyze, plough plow, practise practice,
pretence pretense, programme program, programmes programs, pyjamas pajamas, sceptic skeptic,
sceptical skeptical, skilful skillful, storey story, storeys stories, sulphur sulfur, tyre tire,
tyres tires, whisky whiskey, wilful willful, woollen woolen, mum mom, moult molt, smoulder smolder,
towards toward, amongst among, whilst while, learnt learned, spelt spelled, dreamt dreamed,
burnt burned, kilometre kilometer, metre meter, litre liter, centre center, theatre theater,
fibre fiber, calibre caliber, sabre saber, spectre specter, lustre luster, sombre somber,
meagre meager, centred centered
"""
_PLURALS = """
man men, woman women, child children, person people, foot feet, tooth teeth, goose geese,
mouse mice, ox oxen, criterion criteria, phenomenon phenomena, index indices, matrix matrices,
vertex vertices, appendix appendices, analysis analyses, basis bases, crisis crises,
hypothesis hypotheses, thesis theses, axis axes, datum data, medium media, bacterium bacteria,
curriculum curricula, memorandum memoranda, stratum strata, fungus fungi, nucleus nuclei,
radius radii, stimulus stimuli, alumnus alumni, cactus cacti, formula formulae, larva larvae,
life lives, wife wives, knife knives, leaf leaves, half halves, shelf shelves, wolf wolves,
thief thieves, loaf loaves, self selves, calf calves
"""
# (British ending, American ending): tried both ways, kept where an index has the word.
_ENDINGS = (
    ("isation", "ization"), ("isations", "izations"), ("ise", "ize"), ("ised", "ized"),
    ("ises", "izes"), ("ising", "izing"), ("iser", "izer"), ("isers", "izers"), ("our", "or"),
    ("ours", "ors"), ("oured", "ored"), ("ouring", "oring"), ("ourable", "orable"),
    ("ourful", "orful"), ("ourhood", "orhood"), ("ourhoods", "orhoods"), ("ourite", "orite"),
    ("ourites", "orites"), ("ourless", "orless"), ("tre", "ter"), ("tres", "ters"),
    ("lled", "led"), ("lling", "ling"), ("ller", "ler"), ("llers", "lers"), ("llor", "lor"),
    ("ogue", "og"), ("ogues", "ogs"), ("yse", "yze"), ("ysed", "yzed"), ("ysing", "yzing"),
)  # fmt: skip
_INSIDE = (("aeo", "eo"), ("oe", "e"), ("ae", "e"))  # archaeology, oestrogen, anaemia


def _pairs(table: str) -> dict[str, tuple[str, ...]]:
    both: dict[str, tuple[str, ...]] = {}
    for entry in table.replace("\n", " ").split(","):
        one, other = entry.split()
        both[one] = (*both.get(one, ()), other)
        both[other] = (*both.get(other, ()), one)
    return both


@lru_cache(maxsize=1)
def _listed() -> dict[str, tuple[str, ...]]:
    listed = _pairs(_SPELLINGS + "," + _PLURALS)
    for place, month in enumerate(MONTHS, 1):
        short = ("sept", "sep") if place == 9 else (month[:3],)
        for one in (one for one in short if one != month):
            listed[one] = (*listed.get(one, ()), month)
            listed[month] = (*listed.get(month, ()), one)
    # "one" is mostly no number ("which one")
    for number, word in [*list(enumerate(ONES))[2:], *TENS.items()]:
        listed[word] = (*listed.get(word, ()), str(number))
        listed[str(number)] = (*listed.get(str(number), ()), word)
    for number, word in enumerate(ORDINALS, 1):
        figure = ordinal(number)
        listed[word] = (*listed.get(word, ()), figure)
        listed[figure] = (*listed.get(figure, ()), word, str(number))
    return listed


@lru_cache(maxsize=4096)
def variants(word: str) -> tuple[str, ...]:
    """Return other spellings of a lower-case word or figure; many are no words at all."""
    found = dict.fromkeys(_listed().get(word, ()))
    ordinal = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", word)
    if ordinal:
        found[ordinal[1]] = None
    if len(word) > 4 and word.isalpha():
        for british, american in _ENDINGS:
            for one, other in ((british, american), (american, british)):
                if word.endswith(one):
                    found[word[: -len(one)] + other] = None
        for british, american in _INSIDE:
            if british in word:
                found[word.replace(british, american, 1)] = None
    found.pop(word, None)
    return tuple(found)


def ordinal(number: int) -> str:
    """Return "1st" for 1, up to 31."""
    return f"{number}{'th' if 10 < number < 20 else _SUFFIXES.get(number % 10, 'th')}"
