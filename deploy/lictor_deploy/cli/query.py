"""``lictor query``: ask the members of the gossip pool, and show who has answered by the deadline."""

from __future__ import annotations

import os
from base64 import b64decode
from typing import Annotated, Any

from cyclopts import Parameter

from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.columns import columns

HEAD = ("Node", "Ack", "Answer")
PING = "_serf_ping"


def query(
    payload: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    /,
    *,
    name: str = PING,
    node: tuple[str, ...] = (),
    tag: tuple[str, ...] = (),
    relay_factor: int = 0,
    timeout: str = "",
    reach: Reach = DEFAULT_REACH,
) -> int:
    """Ask the members of the agent's gossip pool; exit code 1 if one of them is silent.

    Gossip carries the question, and each member answers directly.

    Example: lictor query
    Example: lictor query -tag role=consul -relay-factor 2 -timeout 5s

    Parameters
    ----------
    payload
        What goes with the question, up to 1024 bytes with its name and filters.
    name
        What is asked: _serf_ping, which every member answers with nothing, or _serf_conflict, which is where a member
        holds the node that the payload names to live.
    node
        Ask this member alone; may be repeated.
    tag
        Ask those whose tag matches, as NAME=PATTERN with a regular expression; may be repeated.
    relay_factor
        So many other members pass each answer on too, 5 at most.
    timeout
        How long to wait, like 5s; by default as long as gossip needs in a pool of this size.
    """
    asked: dict[str, str | list[str]] = {"node": list(node), "tag": list(tag), "relay-factor": str(relay_factor)}
    asked |= {"acks": "", "timeout": timeout}
    path = f"/v1/internal/lictor/query/{escaped(name)}"
    answer = expect(reach.api().put(path, os.fsencode(payload), **asked)).fields()
    print(shown(answer, relay_factor))
    return 0 if len(answer["Answers"]) == len(answer["Asked"]) else 1


def shown(answer: dict[str, Any], relay_factor: int) -> str:
    """A line for each member that was asked, and what came of all."""
    said = {one["Node"]: b64decode(one["Payload"]) for one in answer["Answers"]}
    acks = set(answer["Acks"])
    rows = [(node, "yes" if node in acks else "-", _text(said.get(node))) for node in answer["Asked"]]
    relays = f", each also through {relay_factor} others" if relay_factor else ""
    total = f"{len(acks)} acks and {len(said)} answers of {len(rows)} within {answer['Deadline']}{relays}"
    return f"{columns(HEAD, rows)}\n{total}"


def _text(payload: bytes | None) -> str:
    if payload is None:
        return "silent"
    return payload.decode(errors="backslashreplace") or "(empty)"
