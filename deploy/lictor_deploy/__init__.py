"""How Lictor runs: local clusters, the command line, and what ships it."""

VERSION = "0.1.0"
"""The distribution's version; a test compares it with pyproject.toml."""
