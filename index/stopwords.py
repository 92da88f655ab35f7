"""Words that say nothing of what a passage is about: token vectors of theirs are not kept.

A closed list of English function words: articles, pronouns, forms of be, do and have, the commonest
prepositions and conjunctions. Not in it: negations, numbers, words of order, time and comparison
("before", "under", "because"), and words that are names or nouns as well ("may", "will"). Text in
other languages hardly has any of these words, and so keeps its tokens.
"""

import re

import numpy as np
import numpy.typing as npt

STOP_WORDS = frozenset(
    "the a an this that these those "
    "i me my mine you your yours he him his she her hers it its we us our ours they them their "
    "theirs itself himself herself themselves myself yourself ourselves there here "
    "who whom whose which what "
    "is are was were be been being am do does did doing done has have had having "
    "would could shall should "
    "in at on of for from to by with about into among till beside besides towards toward upon as "
    "alongside concerning than along onto throughout "
    "and or but whereas though so whether also such s t".split()
)
_WORD = re.compile(r"\s?\b(\w+)")  # with the space before it, which some tokenizers count in


def in_stop_words(text: str, spans: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Return for each token (n,) of a text whether it lies in a stop word.

    A word of two or more capitals is none: "IT", "US" and "WHO" are names. Where a text is nothing
    but stop words, such as "Who is it?", they all count.

    Args:
        text: the text.
        spans: (n, 2) start and end of each token in it.
    """
    marked = bytearray(len(text) + 1)  # the characters of stop words, one place on
    for found in _WORD.finditer(text):
        word = found[1]
        if word.lower() in STOP_WORDS and (len(word) == 1 or not word.isupper()):
            start, end = found.span()
            marked[start + 1 : end + 1] = b"\1" * (end - start)
    before = np.cumsum(np.frombuffer(marked, np.uint8), dtype=np.int64)  # of each place
    starts, ends = spans.T
    stopped = before[ends] - before[starts] == ends - starts
    return stopped if not stopped.all() else np.zeros_like(stopped)
