"""Which members of a running cluster see which others, as each node's own agent says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from lictor_actors.client.errors import ConnectionFailed, Timeout, Unavailable
from lictor_actors.client.sync_client import Client
from lictor_messages.members import Member

AT_ONCE, WITHIN_S = 16, 3.0
"""Nodes that are asked at the same time, and for how long each."""


def live_views(doors: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By name of each node whose agent answers: the state in which it holds each other member. ``doors``: name → URL.

    Raises LictorError if an agent refuses to say.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = zip(doors, pool.map(members_at, doors.values()), strict=True)
        return {name: held_by(name, members, doors) for name, members in answers if members is not None}


def held_by(name: str, members: Iterable[Member], doors: Mapping[str, str]) -> dict[str, str]:
    """Member → alive, suspect, failed or left. Names have their datacenter's where ``doors`` have."""
    held = {member.node if member.node in doors else member.name: member.status for member in members}
    return {member: state for member, state in held.items() if member != name}


def members_at(door: str) -> tuple[Member, ...] | None:
    """What the agent behind this door says, None if no one answers."""
    try:
        with Client(door, timeout=WITHIN_S) as client:
            return client.members()
    except (ConnectionFailed, Timeout, Unavailable):  # the last where a fault has taken the node down
        return None
