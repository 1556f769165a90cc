"""What a request has to be allowed: said for each command and query of the store, asked where ACLs are on.

Resources, levels and what is filtered instead of refused are those of Consul's ACL rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Resource = Literal["acl", "agent", "event", "key", "keyring", "node", "operator", "query", "service", "session"]
Level = Literal["read", "list", "write"]
Extent = Literal["name", "prefix", "stored", "check", "unknown", "rows"]


class Need(NamedTuple):
    """One permission, such as ``key:write`` on a key."""

    resource: Resource
    level: Level
    segment: str = ""
    """What it is needed on; ``acl`` and ``operator`` have no segments."""
    extent: Extent = "name"
    """How ``segment`` is meant:

    - ``name``: it is the name itself.
    - ``prefix``: every name that begins with it.
    - ``stored``: it is the id of a row, ``node/id`` for a service; the name is in that row. Without the row there is
      nothing to protect.
    - ``unknown``: it is the name itself, and nothing is needed if there is such a row already.
    - ``check``: it is ``node/id`` of a check: the name is that of its service, or its node's, and then ``node`` is
      the resource.
    - ``rows``: nothing is refused, but rows of the answer without the permission are left out. Every row is about
      ``segment``, or with "" about a name of its own.
    """
    instead: tuple[Need, ...] = ()
    """Any of these will do as well."""


Guard = Callable[[Any], tuple[Need, ...]]
"""A command or a query → all that it needs."""


def unguarded(_: object) -> tuple[Need, ...]:
    """For what every client may ask, and for what no client can say."""
    return ()


def constant(*needs: Need) -> Guard:
    """For kinds of which every message needs the same."""
    return lambda _: needs
