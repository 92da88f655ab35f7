"""Measurements behind every choice; each file is one command: ``python -m benchmarks.NAME``."""
