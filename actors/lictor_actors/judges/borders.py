"""Nothing of one datacenter appears in another but by a request for it.

A key says in its name for which datacenter it was written, a node of the catalog of which it is, and so does a member.
"""

from __future__ import annotations

from collections.abc import Iterable

from lictor_messages.queries import QueryExecuted


class BorderCrossed(AssertionError):
    """Something is where it does not belong."""


class BorderJudge:
    """Looks at the servers' stores, the pools' members and the answers of prepared queries."""

    def __init__(self) -> None:
        self.looked = 0
        """How many keys and nodes it has seen in their places."""

    def saw_store(self, dc: str, keys: Iterable[str], nodes: Iterable[tuple[str, str]]) -> None:
        """What a server of ``dc`` holds; ``nodes``: names with their datacenters. Raises BorderCrossed."""
        for key in keys:
            if not key.startswith(f"{dc}/"):
                raise BorderCrossed(f"the key {key} is in the store of {dc}")
            self.looked += 1
        for node, of in nodes:
            if of != dc:
                raise BorderCrossed(f"the node {node} of {of} is in the catalog of {dc}")
            self.looked += 1

    def saw_pool(self, node: str, dc: str, members: Iterable[tuple[str, str]]) -> None:
        """Who is in the own pool of a node of ``dc``: names with their datacenters. Raises BorderCrossed."""
        for member, of in members:
            if of != dc:
                raise BorderCrossed(f"{node} holds {member} of {of} for a member of its own pool")

    def saw_answer(self, dc: str, answer: QueryExecuted) -> None:
        """What a query that was asked in ``dc`` found is of the datacenter that it names. Raises BorderCrossed."""
        strangers = [i.node.node for i in answer.instances if i.node.datacenter != answer.datacenter]
        if strangers:
            raise BorderCrossed(f"asked in {dc}: {strangers} are not of {answer.datacenter}")
        if bool(answer.failovers) != (answer.datacenter != dc) and answer.instances:
            raise BorderCrossed(f"asked in {dc}: found in {answer.datacenter} after {answer.failovers} failovers")
