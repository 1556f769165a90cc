"""Everything a client can ask, group by group, as Consul's HTTP API groups it. Written once for both clients.

A group is imported when it is first used, with the messages that it asks: a program pays for the groups that it uses.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from lictor_actors.client.both import Api, Ask, M, both

if TYPE_CHECKING:
    from lictor_actors.client.acl import AclApi
    from lictor_actors.client.agent import EventApi, LocalAgent
    from lictor_actors.client.catalog import Catalog, Health
    from lictor_actors.client.coordinates import CoordinateApi
    from lictor_actors.client.kv import KeyValues
    from lictor_actors.client.operator import Operator
    from lictor_actors.client.queries import QueryApi
    from lictor_actors.client.sessions import SessionApi
    from lictor_actors.client.snapshots import SnapshotApi
    from lictor_actors.client.status import Status
    from lictor_actors.client.txn import Transactions
    from lictor_messages.members import Member


class Everything(Api[M]):
    """All groups, and what stands alone: the base of both clients."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client belongs to its process and is not pickled: make one in each process")

    @cached_property
    def catalog(self) -> Catalog[M]:
        """What the cluster knows: nodes, services and where they are."""
        from lictor_actors.client.catalog import Catalog

        return Catalog(self._run, self.new_id)

    @cached_property
    def health(self) -> Health[M]:
        """Checks, and services with their checks."""
        from lictor_actors.client.catalog import Health

        return Health(self._run, self.new_id)

    @cached_property
    def kv(self) -> KeyValues[M]:
        """Keys and values."""
        from lictor_actors.client.kv import KeyValues

        return KeyValues(self._run, self.new_id)

    @cached_property
    def agent(self) -> LocalAgent[M]:
        """The agent behind the door: its services, its checks, joining and leaving."""
        from lictor_actors.client.agent import LocalAgent

        return LocalAgent(self._run, self.new_id)

    @cached_property
    def event(self) -> EventApi[M]:
        """User events."""
        from lictor_actors.client.agent import EventApi

        return EventApi(self._run, self.new_id)

    @cached_property
    def session(self) -> SessionApi[M]:
        """Sessions, which locks are tied to."""
        from lictor_actors.client.sessions import SessionApi

        return SessionApi(self._run, self.new_id)

    @cached_property
    def status(self) -> Status[M]:
        """Raft's leader and peers."""
        from lictor_actors.client.status import Status

        return Status(self._run, self.new_id)

    @cached_property
    def coordinate(self) -> CoordinateApi[M]:
        """Where nodes lie among each other, and round-trip times."""
        from lictor_actors.client.coordinates import CoordinateApi

        return CoordinateApi(self._run, self.new_id)

    @cached_property
    def operator(self) -> Operator[M]:
        """Raft's servers, autopilot, gossip keys, usage."""
        from lictor_actors.client.operator import Operator

        return Operator(self._run, self.new_id)

    @cached_property
    def acl(self) -> AclApi[M]:
        """Tokens, policies, roles, auth methods, logins."""
        from lictor_actors.client.acl import AclApi

        return AclApi(self._run, self.new_id)

    @cached_property
    def snapshot(self) -> SnapshotApi[M]:
        """All that the servers know, saved and restored: by an HTTP address."""
        from lictor_actors.client.snapshots import SnapshotApi

        return SnapshotApi(self._run, self.new_id)

    @cached_property
    def query(self) -> QueryApi[M]:
        """Prepared queries."""
        from lictor_actors.client.queries import QueryApi

        return QueryApi(self._run, self.new_id)

    @cached_property
    def txn(self) -> Transactions[M]:
        """Several operations that happen all or not at all."""
        from lictor_actors.client.txn import Transactions

        return Transactions(self._run, self.new_id)

    @both
    def members(self) -> Ask[tuple[Member, ...]]:
        """The gossip pool as this node sees it, in the order of names."""
        from lictor_actors.client.status import ask_for_members

        return ask_for_members()
