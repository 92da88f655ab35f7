"""Follow-up questions: complete a question that leans on the ones before it."""

from qa.followups.completing import rewrite

__all__ = ["rewrite"]
