"""Joining: ask some address for a push/pull until one answers; it need not be known who lives there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lictor_actors.kernel.turn import Ticket, Turn
from lictor_actors.swim.member_table import MemberTable
from lictor_actors.swim.profile import Profile
from lictor_actors.swim.pushpull import PushPullSync
from lictor_actors.swim.remembering import Remembering
from lictor_messages.addresses import lane_url, split_host_port
from lictor_messages.members import Join, Joined
from lictor_messages.swim import JoinDue, RetryJoinDue

GOSSIP_PORT = 8301
"""Of addresses that name none, where no node is there to say its own."""
FIRST_RETRIES = 3
"""Retries that wait an eighth, a quarter and a half of the interval: in a cluster that starts as a whole the first
address is often up a moment later."""
ITSELF = "that is this node itself"
IN_WORDS = {"no_pipe": "nobody answers there", "stalled": "nothing gets through to there"}
"""The bus's reasons, as the asker is told them."""


def gossip_url(address: str, port: int = GOSSIP_PORT) -> str:
    """``host``, ``host:port``, ``[v6]:port`` or a bare IPv6 address as a URL; one of another scheme stays as it is.

    Raises ValueError, see ``split_host_port``.
    """
    place = address.removeprefix("tcp://")
    if "://" in place:
        return address
    host, port = split_host_port(place, port)
    if not host:
        raise ValueError("names no host")
    return lane_url(host, port)


@dataclass(slots=True)
class Attempt:
    """One try at some addresses."""

    ticket: Ticket | None
    """Who waits for Joined; None if the options asked."""
    silent: dict[str, str] = field(default_factory=dict)
    """Request → address, for those that have not answered yet."""
    count: int = 0
    errors: list[str] = field(default_factory=list)


class Joining:
    """The join attempts under way, and the retries of the options' addresses."""

    def __init__(
        self,
        profile: Profile,
        members: MemberTable,
        sync: PushPullSync,
        remembering: Remembering,
        addresses: tuple[str, ...],
        retry: int,
        port: int,
        pool: Literal["lan", "wan"],
        shares_lane: bool = False,
        retry_most: int = 0,
        waits: bool = False,
    ) -> None:
        self._profile = profile
        self._members = members
        self._sync = sync
        self._remembering = remembering
        self._addresses = addresses
        self._retry = retry
        self._port = port
        """This node's own: a cluster that has chosen another port has it on every node (as memberlist does)."""
        self._insists = pool == "wan"
        """Its neighbours bring a server into the pool of all, and that is no link to another datacenter yet."""
        self._shares_lane = shares_lane
        self._retry_most = retry_most
        self.waits = waits
        """To be introduced: until then this node neither joins nor probes."""
        self._retries = 0
        self._complained: list[str] = []
        self._attempts: dict[int, Attempt] = {}
        self._count = 0

    def begin(self, turn: Turn) -> None:
        """Try the options' addresses and those remembered, until one has answered or a member has found this node."""
        by_url = {
            gossip_url(address, self._port): address for address in (*self._remembering.earlier, *self._addresses)
        }
        if by_url and (self._members.alone or self._insists or self._unknown):
            self._try(tuple(by_url.values()), None, self._retry, turn)

    @property
    def _unknown(self) -> bool:
        """No try was answered, and no member has exchanged views with this node. What it has heard by gossip all the
        same may have been for an earlier life of it, by members that know that one elsewhere, and be out of date."""
        return self._retries > 0 and not self._sync.exchanged

    def asked(self, request: Join, turn: Turn) -> None:
        """Try these addresses once, for an asker that waits."""
        if self._members.me.leaving:
            turn.reply(Joined(count=0, errors=("this node is leaving",)))
            return
        self._try(request.addresses, turn.ticket(), self._profile.join_timeout, turn)

    def answered(self, request: str, turn: Turn) -> None:
        """A push/pull was answered; if it was a join, count it."""
        self._close(request, "", turn)

    def came_back(self, request: str, turn: Turn) -> None:
        """The address that was tried is one of this node's own."""
        attempt = next((attempt for attempt in self._attempts.values() if request in attempt.silent), None)
        if attempt is not None and attempt.ticket is not None:
            self._close(request, "", turn)
        else:
            self._close(request, ITSELF, turn)

    def undeliverable(self, request: str, reason: str, turn: Turn) -> None:
        """The bus knows that no node was reached there."""
        self._close(request, IN_WORDS.get(reason, reason), turn)

    def due(self, due: JoinDue, turn: Turn) -> None:
        """Those that have not answered by now are silent."""
        attempt = self._attempts.get(due.attempt)
        if attempt is not None:
            attempt.errors += [f"{address}: no answer in time" for address in attempt.silent.values()]
            attempt.silent.clear()
            self._finish(due.attempt, attempt, turn)

    def _try(self, addresses: tuple[str, ...], ticket: Ticket | None, patience: int, turn: Turn) -> None:
        self._count += 1
        me = self._members.me
        attempt = self._attempts[self._count] = Attempt(ticket)
        for address in dict.fromkeys(addresses):
            try:
                url = gossip_url(address, self._port)
            except ValueError as error:
                attempt.errors.append(f"{address}: it {error}")
                continue
            if url == me.advertised or self._own_lane(url):
                self._met_itself(address, attempt)
                continue
            known = self._members.advertising(url)
            target = known.address if known is not None else self._members.address(url)
            attempt.silent[self._sync.ask(target, turn, join=True)] = address
        turn.set_timer(f"join:{self._count}", patience, JoinDue(attempt=self._count))
        if not attempt.silent:
            self._finish(self._count, attempt, turn)

    def _own_lane(self, url: str) -> bool:
        return url.startswith("tcp") and url == self._members.me.alive.gossip and not self._shares_lane

    def _met_itself(self, address: str, attempt: Attempt) -> None:
        """Who asks this node to join itself has what it asked for; a node that starts has met no other by that."""
        if attempt.ticket is not None:
            attempt.count += 1
        else:
            attempt.errors.append(f"{address}: {ITSELF}")

    def _close(self, request: str, error: str, turn: Turn) -> None:
        for number, attempt in list(self._attempts.items()):
            address = attempt.silent.pop(request, None)
            if address is None:
                continue
            if error:
                attempt.errors.append(f"{address}: {error}")
            else:
                self._reached(address, attempt, turn)
            if not attempt.silent:
                self._finish(number, attempt, turn)

    def _finish(self, number: int, attempt: Attempt, turn: Turn) -> None:
        del self._attempts[number]
        turn.cancel_timer(f"join:{number}")
        if attempt.ticket is not None:
            turn.answer(attempt.ticket, Joined(count=attempt.count, errors=tuple(attempt.errors)), early=True)
        elif attempt.count == 0:
            self._complain(sorted(attempt.errors), turn)
            self._retry_later(turn)
        elif self._complained:
            turn.note("join: somebody has answered")

    def _reached(self, address: str, attempt: Attempt, turn: Turn) -> None:
        attempt.count += 1
        if attempt.count == 1 and attempt.ticket is None and address in self._remembering.earlier:
            turn.note(f"join: rejoined through {address}, which it knew before")

    def _complain(self, errors: list[str], turn: Turn) -> None:
        """Once, and again when the reasons change: people who wait for this node look into its log."""
        if errors != self._complained:
            turn.note(f"join: nobody has answered, trying again and again: {'; '.join(errors)}")
        self._complained = errors

    def _retry_later(self, turn: Turn) -> None:
        """Jittered, so that a whole cluster that waits for one address does not knock in step."""
        if self._addresses and self._retries >= self._retry_most > 0:
            turn.stop(f"no address of retry_join has answered, and retry_max allows {self._retry_most} attempts more")
            return
        interval = self._retry >> max(0, FIRST_RETRIES - self._retries)
        self._retries += 1
        turn.set_timer("retry-join", int(interval * (0.5 + turn.rng.random())), RetryJoinDue())
