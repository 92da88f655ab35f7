"""Follow-up questions: complete a question that leans on the ones before it."""

from qa.followups.completing import rewrite, with_topic

__all__ = ["rewrite", "with_topic"]
