"""What no honest node says of a member: ignored, and counted by name.

Claims about a member overrule each other by its incarnation, and only the member itself outbids an accusation. One
forged claim of the highest incarnation there is could never be outbid: the member would stay dead. So there is a
limit, and it moves: incarnations start from the clock in seconds, and only refutations raise them, one at a time. No
node believes what is more than 2^32 above its own clock's seconds, and none refutes it, so that accusations drive no
member there. A member that was driven *to* the limit can refute again a second later, because all limits move on.

The limit follows the own clock and not what is held of the member: a node that missed some refutations, or has just
joined, must not draw another line than those who heard them.
"""

from __future__ import annotations

from lictor_actors.kernel.turn import Turn
from lictor_messages.base import Message
from lictor_messages.pool import PoolQuery
from lictor_messages.swim import Alive, Dead, LeaveIntent, Suspect

FARTHEST = 2**32
"""In seconds, 136 years: clocks differ by less, and members are refuted more rarely than each second."""
NAME_BYTES = 255
TAG_BYTES = 512
"""Of keys and values together, as in Serf."""
_SECOND_NS = 1_000_000_000


class Doubts:
    """Weighs updates before they are applied."""

    def __init__(self) -> None:
        self._first = 0
        self._since = 0

    def begin(self, incarnation: int, now: int) -> None:
        """This node's own incarnation, from its clock, at monotonic ``now``."""
        self._first, self._since = incarnation, now

    def limit(self, now: int) -> int:
        """The highest incarnation that is believed at monotonic ``now``."""
        return self._first + (now - self._since) // _SECOND_NS + FARTHEST

    def too_far(self, update: Message, turn: Turn) -> bool:
        """True if this claim's incarnation is beyond what is believed now; later it may be believed."""
        if getattr(update, "incarnation", 0) <= self.limit(turn.now):  # an event has none
            return False
        turn.count("gossip_incarnation_too_far")
        return True


def name_fault(name: str) -> str:
    """Why a node cannot be called so, "" if it can: it is a part of addresses, ``role@name.dc``, and of paths."""
    if not name:
        return "it is empty"
    if len(name.encode()) > NAME_BYTES:
        return f"it is longer than {NAME_BYTES} bytes"
    return "" if _plain(name) and "/" not in name and "@" not in name else "it has a '/', a '@' or a control character"


def fault_of(update: Message) -> str:
    """Why this can be no member's word, now or ever, as it is counted; "" if it can."""
    if isinstance(update, Alive):
        return _record_fault(update)
    if isinstance(update, PoolQuery):
        return "" if _is_node(update.origin) and _is_url(update.gossip) else "address"
    if isinstance(update, Suspect | Dead) and not _is_node(update.accuser):
        return "name"
    return "name" if isinstance(update, Suspect | Dead | LeaveIntent) and not _is_node(update.node) else ""


def _record_fault(alive: Alive) -> str:
    if name_fault(alive.name) or name_fault(alive.dc):
        return "name"
    if name_fault(alive.address) or not (_is_url(alive.gossip) and _is_url(alive.rest)):
        return "address"
    tags = sum(len(key.encode()) + len(value.encode()) for key, value in alive.tags.items())
    return "tags" if tags > TAG_BYTES else ""


def _is_node(node: str) -> bool:
    return 0 < len(node.encode()) <= 2 * NAME_BYTES + 1 and _plain(node)


def _is_url(url: str) -> bool:
    return 0 < len(url.encode()) <= NAME_BYTES and _plain(url)


def _plain(text: str) -> bool:
    return all(character >= " " and character != "\x7f" for character in text)
