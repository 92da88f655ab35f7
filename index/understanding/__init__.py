"""Understand a question in an index's own words: misspelling corrected, other wordings added.

It costs no model. What is corrected is seen by everything after it and shown to the person; other
ways to write the same go into the lexical search and into what counts as a word of the question.
"""

from index.understanding.asking import Understanding

__all__ = ["Understanding"]
