"""Who a fault is for: names, globs and roles, resolved when the fault is injected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple


class NodeView(NamedTuple):
    """What a selector may know of a node."""

    name: str
    """``name.dc``."""
    server: bool = False
    leader: bool = False


def resolve(selectors: str | Iterable[str], nodes: Sequence[NodeView]) -> tuple[str, ...]:
    """Names of nodes, or addresses if a role is put in front (``prober@leader``); each once, in order of mention.

    ``all``, ``servers``, ``agents``, ``leader``, ``followers``; ``minority``: the leader (or the first server) and as
    many followers as still make no majority, ``majority``: the other servers; else a name with or without datacenter,
    or a glob. Raises LookupError for one that names nobody.
    """
    found: dict[str, None] = {}
    for selector in (selectors,) if isinstance(selectors, str) else selectors:
        role, at, who = selector.rpartition("@")
        names = _named(who, nodes)
        if not names:
            raise LookupError(f"{selector!r} names no node of this cluster")
        found.update(dict.fromkeys(f"{role}{at}{name}" for name in names))
    return tuple(found)


def _named(who: str, nodes: Sequence[NodeView]) -> list[str]:
    servers = sorted((n for n in nodes if n.server), key=lambda n: not n.leader)
    few = (len(servers) - 1) // 2
    match who:
        case "all":
            return [n.name for n in nodes]
        case "servers":
            return [n.name for n in nodes if n.server]
        case "agents":
            return [n.name for n in nodes if not n.server]
        case "leader":
            return [n.name for n in nodes if n.leader]
        case "followers":
            return [n.name for n in nodes if n.server and not n.leader]
        case "minority":
            return [n.name for n in servers[:few]]
        case "majority":
            return [n.name for n in servers[few:]]
    return [n.name for n in nodes if fnmatchcase(n.name, who) or fnmatchcase(n.name.partition(".")[0], who)]
