"""What a doorway asks in the name of a client: a message, the rights of the client, and how to go about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass, field
from hashlib import blake2b
from typing import NewType

from lictor_messages.base import Message
from lictor_messages.refusals import Code

Rights = NewType("Rights", str)
"""A digest of the asker's token: equal for all who may be told the same.

Two may differ in what the same question tells them, so what is remembered of a question, who joins it and what is
rendered for it is found by the question and this digest. Servers, which know what a token may do, share more.
"""
UNRESOLVED = Rights("")
"""Of a question that is not to be asked yet."""
EVERYTHING = Rights("everything")
"""Of all askers, as long as there are no ACLs."""


def rights_of(token: str) -> Rights:
    """Those of a token, "" for the askers who show none."""
    return Rights(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest())


@dataclass(slots=True)
class Question:
    """One thing to find out or to have done."""

    message: Message
    _: KW_ONLY
    rights: Rights = UNRESOLVED
    token: str = field(default="", repr=False)
    """The asker's, "" for none."""
    safe: bool = True
    """True if asking twice does no harm, so that even an indefinite refusal may be tried again."""
    takes_ns: int = 0
    """How long the work itself may take, beyond the time for which requests are held."""
    to: str = ""
    """Address of the one actor that can answer; "" asks the agent, which finds a server."""
    final: Collection[Code] = ()
    """Refusals that the client wants to hear at once, though they may pass."""
