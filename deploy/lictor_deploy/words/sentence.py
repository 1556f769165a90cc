"""What went wrong, said to a person in one sentence with the remedy; it never becomes a traceback."""

from __future__ import annotations


class Failure(Exception):
    """The command cannot go on. Its text goes to stderr; ``status`` is the exit code (Consul's: 1, some use 2)."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status
