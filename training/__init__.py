"""How the shipped networks and fits were made: MODEL_CARD.md; ``python -m training.reader``."""
