"""/v1/agent/members, join, leave, force-leave: the pool as this agent's gossip sees it."""

from __future__ import annotations

from typing import Any

from lictor_actors.roles.api.question import HttpQuestion, done, empty, json_answer, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_messages.agent import LeaveCluster
from lictor_messages.members import ForceLeave, Join, Joined, ListMembers, Member, Members
from lictor_messages.web import HttpAnswered

STATUS_NUMBERS = {"alive": 1, "leaving": 2, "left": 3, "failed": 4}
"""Serf's numbers for the states of a member."""
PROTOCOLS = {
    "ProtocolMin": 1,
    "ProtocolMax": 5,
    "ProtocolCur": 2,
    "DelegateMin": 2,
    "DelegateMax": 5,
    "DelegateCur": 4,
}
WAN_PORT = 8302
SLOW_NS = 30_000_000_000
"""Joining dials every address in turn, and leaving waits until it has spread."""


def members(request: HttpRequest) -> HttpQuestion:
    """Every member; with ``?wan`` the servers, under their names in the pool of all datacenters."""
    return HttpQuestion(ListMembers(), _wan_members if request.has("wan") else _members)


def join(request: HttpRequest) -> HttpQuestion:
    """Join through an address."""
    if not request.rest:
        raise HttpError(400, "Missing address to join")
    if request.has("wan"):
        raise HttpError(500, "Lictor has no pool of several datacenters yet: join without wan")
    return HttpQuestion(Join(addresses=(request.rest,)), _joined, takes_ns=SLOW_NS)


def leave(request: HttpRequest) -> HttpQuestion:
    """Leave gracefully; the node stops after it has answered."""
    return HttpQuestion(LeaveCluster(), done, safe=False, takes_ns=SLOW_NS)


def force_leave(request: HttpRequest) -> HttpQuestion:
    """Turn a failed member into one that left."""
    ask = ForceLeave(node=request.rest, prune=request.has("prune"))
    return HttpQuestion(ask, done, final={"NotFound": _unknown_member})


def member_json(member: Member) -> dict[str, Any]:
    """A member as Serf shows it."""
    return {
        "Name": member.name,
        "Addr": member.address,
        "Port": member.port,
        "Tags": dict(sorted(member.tags.items())),
        "Status": STATUS_NUMBERS[member.status],
        **PROTOCOLS,
    }


def _members(answer: Members, request: HttpRequest) -> HttpAnswered:
    return json_answer([member_json(member) for member in answer.members], request)


def _wan_members(answer: Members, request: HttpRequest) -> HttpAnswered:
    servers = [member_json(member) for member in answer.members if member.is_server]
    for row in servers:
        row |= {"Name": f"{row['Name']}.{request.options.dc}", "Port": WAN_PORT}
    return json_answer(servers, request)


def _joined(answer: Joined, request: HttpRequest) -> HttpAnswered:
    if answer.count:
        return empty()
    number = len(answer.errors)
    head = f"{number} error{'s' if number != 1 else ''} occurred:\n"
    return text(500, head + "".join(f"\t* Failed to join {error}\n" for error in answer.errors) + "\n")


def _unknown_member(request: HttpRequest) -> HttpAnswered:
    return text(500, f"agent: No node found with name '{request.rest}'")


ROUTES = (
    Route("GET", "/v1/agent/members", members),
    Route("PUT", "/v1/agent/join/", join),
    Route("PUT", "/v1/agent/leave", leave),
    Route("PUT", "/v1/agent/force-leave/", force_leave),
)
