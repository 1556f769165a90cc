"""The one place where mail from the wire is judged, before its body is read: the inbox and the world's network use it.

Mail between actors of one node never comes here. What does is let in by these rules, in this order:

1. A request has an id and an address for its answer, an answer has the id alone, one-way mail neither.
2. Nothing comes in our own node's name, but what an actor declares to hear so (``By.NAMESAKES``). What goes astray, to
   a node that is hosted elsewhere, comes in the name of one that is hosted here only if it is a request of theirs.
3. ``host@`` passes on answers that could not reach their asker, and hears nothing else.
4. Word of what could not be delivered comes from a ``host@`` in the form of an answer, about a request of the present
   life, or of the actor that waits for its answer.
5. An answer bears the id of a request that the present life has made, and is of a kind that the actor has a line for; a
   door looks into its own table.
6. All other mail is of a kind that the actor declares (``Vocabulary``), from a sender for which it declares it.

What is refused is counted by reason, role and kind. A request is told so: it did not happen.

This keeps out what is stray or forged blindly. Where TLS is demanded, mail comes first of all in the name of a node
that the certificate of its connection names, and by a lane on which its target is reached (``speakers.py``). Without
that peers that lie are not kept out: see docs/security.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lictor_actors.bus.speakers import Speaker
from lictor_actors.kernel.vocabulary import By, Vocabulary
from lictor_messages.answers import Command, Query
from lictor_messages.base import Message
from lictor_messages.bounds import HIGHEST
from lictor_messages.codec import FrameRefused, read_body, unpack_head
from lictor_messages.envelope import Envelope, node_of, role_of
from lictor_messages.host import Undeliverable
from lictor_messages.refusals import Refused

TEXT_MOST = 512
"""Characters of an address or an id in an envelope."""
WAYS_MOST = 16_384
"""Ways that are remembered. So many are forgotten at once only where a stranger makes them up."""

Way = tuple[str, str, str, type[Message]]
"""Of a request: source, target, where the answer goes, kind."""


class MailDesk(Protocol):
    """Who takes the mail of one role of one node."""

    @property
    def hears(self) -> Vocabulary | None:
        """What it may be told; None if it is down at the moment: its seat says why."""
        ...

    def asked(self, request: str) -> bool:
        """True if it waits for the answer to this request."""
        ...


MailDesks = Callable[[str, str], MailDesk | None]
"""Of a node that is hosted here and a role: who takes its mail, None if it has no such role."""
Refuse = Callable[[Envelope, type[Message], Refused | None], None]
"""Is told what was not let in, which has no body, its kind, and the answer that is owed to a request."""


class Intake:
    """Judges the packed envelopes of frames."""

    def __init__(self, place: Callable[[Envelope], None], desk: MailDesks, count: Callable[[str], None]) -> None:
        """``place`` puts the name of a node into a target that names a URL of this process."""
        self._place = place
        self._desk = desk
        self._count = count
        self._welcome: dict[Way, None] = {}
        """Ways by which requests have come in: each is judged once. Answers and notices are judged each time."""
        self._one_way: dict[tuple[str, str, type[Message]], str] = {}
        """Source's role, target, kind of one-way mail → the target's node. It does not count which other node says it,
        and in a large pool each gossips with every other."""
        self._askers: dict[tuple[str, type[Message] | None], MailDesk] = {}
        """Target, kind → the desk that waits for such answers there."""

    def admit(self, packed: bytes, refuse: Refuse, speaker: Speaker | None = None) -> Envelope | None:
        """One envelope of a frame, if it may come in. ``speaker``: who may have sent it; None: that is not asked."""
        try:
            envelope, kind, fields = unpack_head(packed)
        except FrameRefused as refusal:
            self._count(f"message_{refusal.reason}")
            return None
        envelope.origin = "wire"
        if _excessive(envelope):
            self._count("message_form")
            return None
        if speaker is not None and (why := speaker.forbids(envelope.source, envelope.target)):
            self._keep_out(envelope, kind, why, refuse)
            return None
        if kind is None or not self._is_known(envelope, kind):
            why = self._judge(envelope, kind)
            if why:
                self._keep_out(envelope, kind, why, refuse)
                return None
        assert kind is not None
        try:
            envelope.body = read_body(kind, fields)
        except FrameRefused as refusal:
            self._count("message_malformed")
            self._refuse(envelope, kind, Refused(code="BadRequest", text=str(refusal)), refuse)
            return None
        if kind is Undeliverable and not self._is_ours(envelope):
            self._keep_out(envelope, kind, "blind", refuse)
            return None
        return envelope

    def _is_known(self, e: Envelope, kind: type[Message]) -> bool:
        """True for what surely comes in: a quarter of a microsecond, where ``_judge`` takes four."""
        if e.reply_to:
            return (e.source, e.target, e.reply_to, kind) in self._welcome
        if not e.request:
            role, _, node = e.source.partition("@")
            home = self._one_way.get((role, e.target, kind))
            return home is not None and home != node and len(e.source) <= TEXT_MOST and "://" not in node
        asker = self._askers.get((e.target, kind))
        return asker is not None and asker.asked(e.request) and kind is not Undeliverable

    def _judge(self, e: Envelope, kind: type[Message] | None) -> str:
        """Why this may not come in, in a word; "" if it may."""
        if "://" in e.target:
            self._place(e)
        if _malformed(e):
            return "form"
        if kind is None:
            return "unknown_kind"
        why = self._unwelcome(e, kind)
        if not why:
            self._remember(e, kind)
        return why

    def _remember(self, e: Envelope, kind: type[Message]) -> None:
        node, role = node_of(e.target), role_of(e.target)
        desk = self._desk(node, role)
        if desk is None or desk.hears is None or role == "host" or node_of(e.reply_to) == node:
            return
        if len(self._welcome) + len(self._one_way) + len(self._askers) >= WAYS_MOST:
            self._welcome.clear()
            self._one_way.clear()
            self._askers.clear()
        if e.reply_to:
            self._welcome[e.source, e.target, e.reply_to, kind] = None
        elif not e.request:
            if node_of(e.source) != node:
                self._one_way[role_of(e.source), e.target, kind] = node
        elif kind is not Undeliverable:
            self._askers[e.target, kind] = desk

    def _keep_out(self, e: Envelope, kind: type[Message] | None, why: str, refuse: Refuse) -> None:
        if why == "form" or kind is None:
            self._count(f"message_{why}")
        else:
            role = role_of(e.target)
            # A role that does not exist is a stranger's invention, and counters are kept for ever.
            known = role if self._desk(node_of(e.target), role) is not None else "no_such_role"
            self._count(f"{why}:{known}:{kind.kind}")
        answer = Refused(code="UnknownRequest") if why in ("unheard", "unknown_kind") else None
        if why != "form":
            self._refuse(e, kind or Message, answer, refuse)

    def _refuse(self, e: Envelope, kind: type[Message], answer: Refused | None, refuse: Refuse) -> None:
        refuse(e, kind, answer if e.reply_to and not self._reflects(e) else None)

    def _reflects(self, e: Envelope) -> bool:
        """True for a request whose answer would come to an actor of this node that has not asked."""
        node = node_of(e.target)
        return e.reply_to != "" and node_of(e.reply_to) == node and not self._waits(e.reply_to, e.request)

    def _unwelcome(self, e: Envelope, kind: type[Message]) -> str:
        """Why this may not come in, in a word; "" if it may."""
        node, role = node_of(e.target), role_of(e.target)
        answers = not e.reply_to and e.request != ""
        if self._desk(node, "host") is None:
            return self._astray(e)
        desk, namesake = self._desk(node, role), node_of(e.source) == node
        if namesake and not _may_be_ours(desk, kind, e.request if answers else ""):
            return "own_name"
        if desk is None:
            return "blind" if self._reflects(e) else ""  # the node has no such actor, and says so to the sender
        if role == "host":
            if not e.request or not e.reply_to or issubclass(kind, Query | Command):
                return "unheard"
            return "blind" if self._reflects(e) else ""
        if kind is Undeliverable:
            return _forged(desk, e)
        if answers:
            return _unasked(desk, kind, e)
        if self._reflects(e) and not namesake:  # a namesake is answered where its record says that it lives
            return "blind"
        return _unheard(desk.hears, kind, e)

    def _astray(self, e: Envelope) -> str:
        """For a node that is hosted elsewhere, and the sender hears of that: one of ours only if there is a request."""
        if self._desk(node_of(e.source), "host") is None:
            return ""
        return "" if self._waits(e.source, e.request) or self._waits(e.reply_to, e.request) else "own_name"

    def _is_ours(self, e: Envelope) -> bool:
        """True for a notice about a request of the target's present life, or of the actor that it was passed on for."""
        assert isinstance(e.body, Undeliverable)
        node, waiter = node_of(e.target), e.body.waiter
        if "://" in waiter:
            return False
        if not waiter or e.body.request != e.request:
            return self._waits(e.target, e.request) and e.body.request == e.request
        return node_of(waiter) != node or self._waits(waiter, e.request)

    def _waits(self, address: str, request: str) -> bool:
        desk = self._desk(node_of(address), role_of(address))
        return desk is not None and desk.asked(request)


def _excessive(e: Envelope) -> bool:
    """True for numbers and ids that no node makes. A budget below zero was spent on the way."""
    return len(e.request) > TEXT_MOST or len(e.cause) > TEXT_MOST or e.hops < 0 or not -HIGHEST <= e.budget <= HIGHEST


def _malformed(e: Envelope) -> bool:
    """True for addresses that no node uses."""
    return (
        (e.reply_to != "" and not e.request)
        or max(len(e.source), len(e.target), len(e.reply_to)) > TEXT_MOST
        # An address of the wire names a node: a URL would have us dial where a stranger likes.
        or "://" in e.source
        or "://" in e.reply_to
    )


def _may_be_ours(desk: MailDesk | None, kind: type[Message], answered: str) -> bool:
    """True for what may come in our own node's name: what is declared so, and the answer to a request of ours."""
    if desk is None:
        return False
    return bool(answered and desk.asked(answered)) or (desk.hears is not None and desk.hears.hears(kind, By.NAMESAKES))


def _forged(desk: MailDesk, e: Envelope) -> str:
    """Why this can be no host's word of what it could not deliver: that has the form of an answer."""
    if role_of(e.source) != "host" or e.reply_to or not e.request:
        return "forged"
    return "" if desk.hears is None or desk.hears.answerable(Undeliverable) else "unheard"


def _unasked(desk: MailDesk, kind: type[Message], e: Envelope) -> str:
    if not desk.asked(e.request):
        return "blind"
    return "" if desk.hears is None or desk.hears.answerable(kind) else "unheard"


def _unheard(hears: Vocabulary | None, kind: type[Message], e: Envelope) -> str:
    if hears is None:
        return ""
    audience = hears.audience(kind)
    if audience is None:
        return "unheard"
    if audience & By.ANYONE:
        return ""
    source = role_of(e.source)
    if audience & By.PEERS and source == role_of(e.target):
        return ""
    if audience & By.NODES and e.reply_to and source in hears.askers:
        return ""
    return "unheard"
