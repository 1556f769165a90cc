"""Judges live apart from the system: they watch it, or read what it said, and tell whether it kept its word."""
