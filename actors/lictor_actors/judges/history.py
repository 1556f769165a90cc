"""What clients asked of single keys, when, and what they were told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["get", "put", "delete", "cas", "acquire", "release", "end"]
"""The last three are of a key as a lock: ``value`` is the session that takes it, gives it back, or ends."""
FOREVER = 1 << 62
"""When an operation returned whose outcome is unknown: it may take effect at any later time."""


@dataclass(slots=True)
class ClientOperation:
    """One client's request on one key. Every value that is written must be unique in the history."""

    client: str
    key: str
    action: Action
    value: bytes | None
    """What put and cas write; what get was told (None: no such key)."""
    expected: int
    """The ModifyIndex that a cas depends on; 0: the key must not exist."""
    called: int
    returned: int = FOREVER
    ok: bool = True
    """False for a compare-and-set that was told it had lost."""
    index: int = 0
    """The ModifyIndex that the answer named, 0 if it named none."""

    @property
    def known(self) -> bool:
        """True if the client was told the outcome."""
        return self.returned != FOREVER

    def __str__(self) -> str:
        said = f"{'ok' if self.ok else 'lost'} index {self.index}" if self.known else "unknown"
        until = f"{self.returned / 1e9:.6f}" if self.known else "…"
        what = f"{self.action} {self.key} {self.value!r}" + (f" if {self.expected}" if self.action == "cas" else "")
        return f"[{self.called / 1e9:.6f}, {until}] {self.client}: {what} -> {said}"


class History:
    """All operations of a run, in the order of their calls."""

    def __init__(self) -> None:
        self.operations: list[ClientOperation] = []

    def call(
        self, client: str, key: str, action: Action, now: int, value: bytes | None = None, expected: int = 0
    ) -> ClientOperation:
        """A client asks."""
        operation = ClientOperation(client, key, action, value, expected, now)
        self.operations.append(operation)
        return operation

    def answer(self, operation: ClientOperation, now: int, *, ok: bool = True, index: int = 0) -> None:
        """A client was told that its write happened, or that it had lost."""
        operation.returned, operation.ok, operation.index = now, ok, index

    def answer_get(self, operation: ClientOperation, now: int, value: bytes | None, index: int) -> None:
        """A client was told what a key holds."""
        operation.returned, operation.value, operation.index = now, value, index

    def refuse(self, operation: ClientOperation) -> None:
        """A client was told that nothing happened."""
        # From the end: what is answered now was called a moment ago, and a long run has very many operations.
        for place in range(len(self.operations) - 1, -1, -1):
            if self.operations[place] is operation:
                del self.operations[place]
                return

    def by_key(self) -> dict[str, list[ClientOperation]]:
        """Each key's operations; reads without an answer say nothing and are left out."""
        keys: dict[str, list[ClientOperation]] = {}
        for operation in self.operations:
            if operation.known or operation.action != "get":
                keys.setdefault(operation.key, []).append(operation)
        return keys
