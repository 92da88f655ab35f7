"""Follow-up questions: complete a question that leans on the ones before it."""

from qa.followups.completing import Said, named_before, rewrite, with_topic

__all__ = ["Said", "named_before", "rewrite", "with_topic"]
