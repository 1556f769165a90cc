"""What others say of tokens, and for how long it is believed.

Those who keep the tokens are asked once for all requests that come with the same one, and these wait for the answer.
Where none can be asked, the down policy says what holds (Consul's ``acl.down_policy``).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

from lictor_actors.kernel.turn import Turn
from lictor_messages.agent_acl import DownPolicy
from lictor_messages.base import Message
from lictor_messages.envelope import Envelope
from lictor_messages.refusals import Refused

KNOWN_MOST = 1024
"""Tokens of which something is remembered: strangers may show any number of others."""
WAITING_MOST = 1024
"""Requests that wait until it is known what their token may do."""
SILENT_NS = 2_000_000_000
"""A witness that has not answered after this long is not waited for: the next request asks another."""
DENIED = Refused(code="PermissionDenied", text="Permission denied: no server can be asked what this token may do")

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class AskedAbout(NamedTuple):
    """One that was asked."""

    request: str
    witness: str
    """Address of the witness."""


class Witnesses(Protocol[V_co]):
    """Those who know tokens. ``V_co`` is what they say of one."""

    def ask(self, token: str, sure: bool, turn: Turn) -> AskedAbout | None:
        """Ask one of them, None if there is none; ``sure``: one that knows the newest tokens, too."""

    def heard(self, answer: Message, token: str) -> V_co | Refused | None:
        """What the answer says of the token; None: nothing."""

    def failed(self, witness: str) -> None:
        """This one could not say: it is asked after the others."""

    def by_default(self, policy: DownPolicy) -> V_co | Refused:
        """What holds of a token of which nothing is known, while none can be asked."""


@dataclass(slots=True)
class _Known(Generic[V]):
    verdict: V | Refused
    until: int
    said: bool
    """Whether a witness has said so, if only once: the rest is for want of one."""


@dataclass(slots=True)
class _Open:
    token: str = field(repr=False)
    witness: str
    at: int
    held: list[Envelope]
    sure: bool
    """Whether one is asked that knows the newest: any other does not know new tokens."""


class Beliefs(Generic[V]):
    """Of all tokens that were shown lately."""

    def __init__(self, witnesses: Witnesses[V], believed_ns: int, policy: DownPolicy) -> None:
        self._witnesses = witnesses
        self._believed = believed_ns
        self._policy = policy
        self._known: OrderedDict[str, _Known[V]] = OrderedDict()
        self._asked: dict[str, _Open] = {}
        """By the id of the question."""
        self._asking: dict[str, str] = {}
        """Token → id of the question about it."""
        self.changed = False
        """Whether anything became different from what was believed before; set back by its reader."""

    def __len__(self) -> int:
        return len(self._known)

    def of(self, token: str, turn: Turn) -> V | Refused | None:
        """What is believed of this token now, None if a witness is to be asked."""
        known = self._known.get(token)
        return known.verdict if known is not None and self._holds(known, turn) else None

    def last(self, token: str) -> V | Refused | None:
        """What was believed last, however long ago."""
        known = self._known.get(token)
        return None if known is None else known.verdict

    def _holds(self, known: _Known[V], turn: Turn) -> bool:
        """Whether no answer is waited for: with ``async-cache`` rights hold until there are others."""
        lasts = self._policy == "async-cache" and known.said and not isinstance(known.verdict, Refused)
        return lasts or turn.now < known.until

    def renew(self, token: str, turn: Turn) -> None:
        """Ask about what holds for longer than it is believed; nothing waits for the answer."""
        known = self._known.get(token)
        if known is not None and turn.now >= known.until:
            self._ask_once(token, [], turn)

    def hold(self, envelope: Envelope, token: str, turn: Turn) -> None:
        """This request comes again when it is known what its token may do."""
        envelope.token = token
        if sum(len(each.held) for each in self._asked.values()) >= WAITING_MOST:
            turn.reply(Refused(code="Overloaded"))
        else:
            self._ask_once(token, [envelope], turn)

    def learn(self, token: str, turn: Turn) -> None:
        """Ask about a token that nothing waits for."""
        self._ask_once(token, [], turn)

    def _ask_once(self, token: str, held: list[Envelope], turn: Turn) -> None:
        """Those held wait for the one that was asked already, or for another if that has been silent for long."""
        asked = self._asked.get(self._asking.get(token, ""))
        if asked is not None and turn.now - asked.at < SILENT_NS:
            asked.held += held
            return
        before = self._end(self._asking[token]).held if asked is not None else []
        self._ask(token, [*before, *held], turn)

    def _ask(self, token: str, held: list[Envelope], turn: Turn, *, sure: bool = False) -> None:
        question = self._witnesses.ask(token, sure, turn)
        asked = _Open(token, question.witness if question else "", turn.now, held, sure)
        if question is None:
            self._settle(asked, None, turn)
        else:
            self._asked[question.request], self._asking[token] = asked, question.request

    def answered(self, request: str, answer: Message, turn: Turn) -> bool:
        """An answer, or that there is none; False if it was not asked for here."""
        if request not in self._asked:
            return False
        asked = self._end(request)
        if isinstance(answer, Refused) and answer.code == "AclNotFound":
            self._settle(asked, answer, turn) if asked.sure else self._ask(asked.token, asked.held, turn, sure=True)
            return True
        verdict = self._witnesses.heard(answer, asked.token)
        if verdict is None:
            self._witnesses.failed(asked.witness)
        self._settle(asked, verdict, turn)
        return True

    def _end(self, request: str) -> _Open:
        asked = self._asked.pop(request)
        self._asking.pop(asked.token, None)
        return asked

    def _settle(self, asked: _Open, verdict: V | Refused | None, turn: Turn) -> None:
        """What holds from now on; None: none could say it. Those who wait are heard again."""
        turn.sample("acl.ResolveToken", (turn.now - asked.at) / 1e6)
        known = self._known.pop(asked.token, None)
        extended = known is not None and known.said and self._policy in ("extend-cache", "async-cache")
        if verdict is not None:
            believed = verdict
        elif known is not None and extended:
            believed = known.verdict
        else:
            believed = self._witnesses.by_default(self._policy)
        said = verdict is not None or extended
        self._known[asked.token] = _Known(believed, turn.now + self._ttl(verdict), said)
        self.changed |= known is not None and known.verdict != believed
        while len(self._known) > KNOWN_MOST:
            self._known.popitem(last=False)
        for envelope in asked.held:
            turn.forward(turn.me, envelope)

    def _ttl(self, verdict: object) -> int:
        """At least as long as it takes to hear those who waited for it; a token that there is not may come to be."""
        lasting = verdict is not None and not isinstance(verdict, Refused)
        return max(self._believed if lasting else 0, SILENT_NS)

    def check(self) -> None:
        """Each token is asked about once at a time."""
        assert all(self._asking.get(asked.token) == request for request, asked in self._asked.items())
