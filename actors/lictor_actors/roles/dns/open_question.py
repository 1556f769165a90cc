"""One question on its way to an answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from lictor_actors.kernel.turn import Ticket
from lictor_actors.roles.dns.wire.question import DnsQuestion
from lictor_actors.roles.dns.wire.records import ResourceRecord

ALIASES_MOST = 3
"""Names that lead to other names are followed so far."""


@dataclass(slots=True)
class OpenQuestion:
    """What is remembered of it until it is answered."""

    question: DnsQuestion
    ticket: Ticket
    place: int
    """Among the packets of its message."""
    tcp: bool
    source: str
    """The IP that it came from."""
    began: int
    """When it came, on the node's clock."""
    name: bytes
    """What is looked for now, in small letters: the name of the question, or where that has led."""
    aliases: list[ResourceRecord] = field(default_factory=list)
    """The CNAMEs that were followed."""

    def counts_place(self) -> str:
        """The IP that the client is near, by its subnet or as it came; from now on the answer holds for that alone."""
        edns = self.question.edns
        if edns is None or not edns.place:
            return self.source
        self.question = self.question._replace(edns=edns.scoped())
        return edns.place
