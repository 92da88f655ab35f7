"""How the shipped reader was made: ``python -m training.reader``."""
