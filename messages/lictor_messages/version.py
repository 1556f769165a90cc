"""The version that nodes tell each other and people; a test compares it with pyproject.toml."""

VERSION = "0.1.0"
