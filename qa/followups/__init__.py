"""Follow-up questions: complete a question that leans on the ones before it."""

from qa.followups.completing import Said, as_earlier, complete, named_before, recent, rewrite
from qa.followups.otherwise import Otherwise, otherwise
from qa.followups.pronouns import points_back
from qa.followups.topics import regarding

__all__ = [
    "Otherwise",
    "Said",
    "as_earlier",
    "complete",
    "named_before",
    "otherwise",
    "points_back",
    "recent",
    "regarding",
    "rewrite",
]
