"""Follow-up questions without a language model: complete a question that leans on the one before."""

from collections.abc import Sequence

from index.searching import Index


def rewrite(question: str, history: Sequence[str], index: Index) -> str:
    """Return the question completed from the conversation, unchanged if it stands on its own."""
    return question.strip()
