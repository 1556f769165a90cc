"""Which members of a running cluster see which others, as each node's own agent says."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from lictor_actors.client.errors import ConnectionFailed, Timeout, Unavailable
from lictor_actors.client.sync_client import Client

AT_ONCE, WITHIN_S = 16, 3.0
"""Nodes that are asked at the same time, and for how long each."""


def live_views(doors: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By name of each node whose agent answers: the state in which it holds each other member. ``doors``: name → URL.

    Raises LictorError if an agent refuses to say.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(doors, pool.map(held_by, doors.values()), strict=True))
    return {
        name: {member: state for member, state in held.items() if member != name}
        for name, held in answers.items()
        if held is not None
    }


def held_by(door: str) -> dict[str, str] | None:
    """Member → alive, suspect, failed or left; None if no one answers at this door."""
    try:
        with Client(door, timeout=WITHIN_S) as client:
            return {member.name: member.status for member in client.members()}
    except (ConnectionFailed, Timeout, Unavailable):  # the last where a fault has taken the node down
        return None
