"""Who a fault is for: names, globs, roles and draws, resolved when the fault is injected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from random import Random
from typing import NamedTuple


class NodeView(NamedTuple):
    """What a selector may know of a node."""

    name: str
    """``name.dc``."""
    server: bool = False
    leader: bool = False
    roles: tuple[str, ...] = ()
    """Who may be meant by ``role@name``; empty if that is not known."""


def roles_of(server: bool) -> tuple[str, ...]:
    """The actors of a server or an agent, as ``node.tree`` and the agent start them."""
    return ("prober", *(("server",) if server else ()), "agent", "gateway", "checker")


class Chance:
    """What selectors draw from, so that one seed always names the same nodes."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._turns: dict[str, int] = {}

    def next(self, among: str, names: Sequence[str]) -> str:
        """One after the other."""
        turn = self._turns[among] = self._turns.get(among, -1) + 1
        return names[turn % len(names)]


_DRAW = re.compile(r"(one|next|percent)\((.*)\)|(\d+) of (.+)", re.DOTALL)


def resolve(selectors: str | Iterable[str], nodes: Sequence[NodeView], chance: Chance | None = None) -> tuple[str, ...]:
    """Names of nodes, or addresses if a role is put in front (``prober@leader``); each once, in order of mention.

    ``all``, ``servers``, ``agents``, ``leader``, ``followers``, ``follower`` (one of them); ``minority``: the leader
    (or the first server) and as many followers as still make no majority, ``majority``: the other servers; draws
    ``one(X)``, ``2 of X``, ``percent(20)``, ``percent(20, X)``, and ``next(X)``, which takes turns; else a name with
    or without datacenter, or a glob. A role in front leaves out nodes that have no such actor. Raises LookupError for
    one that names no node.
    """
    chance = chance or Chance(Random(0))
    found: dict[str, None] = {}
    for selector in (selectors,) if isinstance(selectors, str) else selectors:
        role, at, who = selector.rpartition("@")
        names = _named(who.strip(), nodes, chance)
        if not names:
            raise LookupError(f"{selector!r} names no node of this cluster{_remedy(who.strip(), nodes)}")
        names = _with_role(role, names, nodes) if at else names
        found.update(dict.fromkeys(f"{role}{at}{name}" for name in names))
    return tuple(found)


def _remedy(who: str, nodes: Sequence[NodeView]) -> str:
    if who == "leader" and any(node.server for node in nodes):
        return " at the moment: no server leads, wait for an election"
    return ""


def _with_role(role: str, names: Sequence[str], nodes: Sequence[NodeView]) -> list[str]:
    """Those that have this actor."""
    roles = {node.name: node.roles for node in nodes}
    having = [name for name in names if not roles[name] or role in roles[name]]
    if not having:
        known = dict.fromkeys(one for name in names for one in roles[name])
        raise LookupError(f"{role!r} is no actor of {' '.join(names)}: there are {', '.join(known)}")
    return having


def _named(who: str, nodes: Sequence[NodeView], chance: Chance) -> list[str]:
    drawn = _DRAW.fullmatch(who)
    if drawn is not None:
        return _drawn(drawn, nodes, chance)
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
        case "follower":
            return _sample(1, _named("followers", nodes, chance), chance)
        case "minority":
            return [n.name for n in servers[:few]]
        case "majority":
            return [n.name for n in servers[few:]]
    return [n.name for n in nodes if fnmatchcase(n.name, who) or fnmatchcase(n.name.partition(".")[0], who)]


def _drawn(drawn: re.Match[str], nodes: Sequence[NodeView], chance: Chance) -> list[str]:
    how, inside, count, of = drawn.groups()
    if how is None:
        return _sample(int(count), _named(of.strip(), nodes, chance), chance)
    if how == "percent":
        share, _, among = inside.partition(",")
        names = _named(among.strip() or "all", nodes, chance)
        return _sample(_part(share, len(names)), names, chance)
    names = _named(inside.strip(), nodes, chance)
    if how == "next" and names:
        return [chance.next(inside, names)]
    return _sample(1, names, chance)


def _part(share: str, count: int) -> int:
    """This percentage of so many, at least one."""
    try:
        percent = float(share.strip().removesuffix("%"))
    except ValueError:
        raise LookupError(
            f"percent({share}) names no number; write it like percent(20) or percent(20, agents)"
        ) from None
    if not 0 < percent <= 100:
        raise LookupError(f"percent({share}) must lie between 0 and 100")
    return max(1, round(count * percent / 100))


def _sample(count: int, names: list[str], chance: Chance) -> list[str]:
    if count > len(names):
        return []
    return [names[i] for i in sorted(chance.rng.sample(range(len(names)), count))]
