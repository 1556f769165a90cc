"""The version of the distribution, which nodes tell each other and people: its build reads it here."""

VERSION = "0.1.0"
