"""Founding a cluster: exactly as many servers as expected, and none of them remembers anything.

A server that lost its disk looks like one that never had any. If it founded the cluster a second time it would vote
again where it has voted, and forget what it has acknowledged. So the server that sees all the others first asks each
whether it is blank, and only if all of them are does it tell them to begin. The answer carries a word that this life
of the server drew, and the order repeats it: an order from long ago has no effect.

A server that comes too late for the founding, or after it, is let in by the leader like any new one.
"""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.kernel.turn import Turn
from lictor_actors.raft import Raft
from lictor_messages.envelope import at, node_of
from lictor_messages.members import Member
from lictor_messages.server import AskBlank, Blankness, Bootstrap, FoundingDue, ServerOptions

AGAIN_NS = 500_000_000
WAITING_SAID_NS = 5_000_000_000
"""A server says what it waits for after so long; members that come keep it from saying so."""
TIMER = "server.founding"


class Founding:
    """Busy until the log has its first entry."""

    def __init__(self, options: ServerOptions, raft: Raft, members: Mapping[str, Member]) -> None:
        self._options = options
        self._raft = raft
        self._members = members
        self._recovered = False
        """Before the journal is read it is not known whether this server is blank."""
        self._word = ""
        self._asked: tuple[str, ...] = ()
        self._blank: dict[str, str] = {}
        """Server → the word it gave."""
        self._waits = ""
        """What it said last of its waiting."""

    def begin(self, turn: Turn) -> None:
        """The journal is replayed."""
        self._recovered = True
        self.consider(turn)

    def consider(self, turn: Turn) -> None:
        """A server may have come or gone: ask them all if exactly those that are expected are there."""
        if not self._is_open:
            return
        servers = self._expected()
        if not servers:
            turn.set_timer(TIMER, WAITING_SAID_NS, FoundingDue())
        elif servers != self._asked:
            self._asked, self._blank = servers, {}
            self._ask(turn)

    def due(self, _: FoundingDue, turn: Turn) -> None:
        """Some answer was lost: ask again. Or servers are missing: say so, once for each number of them."""
        self._asked = ()
        if self._is_open and not self._expected():
            self._say_waiting(turn)
        self.consider(turn)

    def asked(self, _: AskBlank, turn: Turn) -> None:
        """Is this server blank?"""
        if not self._recovered:
            return
        turn.reply(Blankness(word=self._own_word(turn) if self._is_blank else ""))

    def answered(self, answer: Blankness, turn: Turn) -> None:
        """A server is blank, or is not and will not be: then a cluster exists, and its leader lets us in."""
        if turn.envelope is None or self._raft.last_index:
            return
        if answer.word:
            self._blank[node_of(turn.envelope.source)] = answer.word
        if self._asked and all(server in self._blank for server in self._others()):
            for server in self._others():
                turn.send(at("server", server), Bootstrap(servers=self._asked, word=self._blank[server]))
            self._begin(self._asked, turn)

    def ordered(self, order: Bootstrap, turn: Turn) -> None:
        """All servers are blank, and this one said so in this life."""
        if self._is_blank and self._word and order.word == self._word:
            self._begin(order.servers, turn)

    def _ask(self, turn: Turn) -> None:
        turn.set_timer(TIMER, AGAIN_NS, FoundingDue())
        for server in self._others():
            turn.ask(at("server", server), AskBlank())
        if not self._others():
            self._begin(self._asked, turn)

    def _begin(self, servers: tuple[str, ...], turn: Turn) -> None:
        turn.note(f"bootstraps with {' '.join(servers)}")
        turn.cancel_timer(TIMER)
        self._raft.bootstrap(servers, turn)

    @property
    def waiting(self) -> str:
        """What it waits for, "" if there is a cluster already or it is none of those that found one."""
        if not self._is_open:
            return ""
        known = self._candidates()
        return f"waits for {self._options.bootstrap_expect} servers to bootstrap, {len(known)} known: {' '.join(known)}"

    def _say_waiting(self, turn: Turn) -> None:
        words = self.waiting
        if words != self._waits:
            self._waits = words
            turn.note(words)

    def _candidates(self) -> list[str]:
        """Servers alive that expect as many as this one."""
        expect = str(self._options.bootstrap_expect)
        return sorted(
            member.node
            for member in self._members.values()
            if member.is_server and member.status == "alive" and member.tags.get("expect") == expect
        )

    def _expected(self) -> tuple[str, ...]:
        """Exactly as many as expected, else (): with more, two servers might choose different voters."""
        servers = self._candidates()
        return (
            tuple(servers) if len(servers) == self._options.bootstrap_expect and self._options.node in servers else ()
        )

    @property
    def _is_open(self) -> bool:
        """Whether a founding is expected and has not been: before the journal is read that is not known."""
        return self._recovered and bool(self._options.bootstrap_expect) and not self._raft.last_index

    def _others(self) -> tuple[str, ...]:
        return tuple(server for server in self._asked if server != self._options.node)

    @property
    def _is_blank(self) -> bool:
        """A server that has heard of a term has heard of a cluster."""
        return not self._raft.term and not self._raft.last_index

    def _own_word(self, turn: Turn) -> str:
        if not self._word:
            self._word = turn.secret(8).hex()
        return self._word
