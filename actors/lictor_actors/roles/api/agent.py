"""/v1/agent/: this agent itself, and the pool as its gossip sees it: members, join, leave, force-leave."""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.rows import JsonRow
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.members import MEMBER
from lictor_actors.roles.api.agent_self import about_self
from lictor_actors.roles.api.query import parse_bool
from lictor_actors.roles.api.question import HttpQuestion, done, empty, json_answer, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.filter.apply import Predicate, keeps
from lictor_messages.agent import AgentDescription, DescribeAgent, LeaveCluster, SetMaintenance
from lictor_messages.members import ForceLeave, Join, Joined, ListMembers, Members
from lictor_messages.reload import Reload
from lictor_messages.web import HttpAnswered

SLOW_NS = 30_000_000_000
"""Joining dials every address in turn, and leaving waits until it has spread."""


def version(request: HttpRequest) -> HttpQuestion:
    """The version alone."""
    return HttpQuestion(DescribeAgent(), _version)


def members(request: HttpRequest) -> HttpQuestion:
    """Every member that ``?filter`` keeps; with ``?wan=1`` the servers of all datacenters, by their names there."""
    wan = _wan(request)
    return HttpQuestion(ListMembers(wan=wan), _wan_members if wan else _members)


def join(request: HttpRequest) -> HttpQuestion:
    """Join through an address."""
    if not request.rest:
        raise HttpError(400, "Missing address to join")
    return HttpQuestion(Join(addresses=(request.rest,), wan=_wan(request)), _joined, takes_ns=SLOW_NS)


def leave(request: HttpRequest) -> HttpQuestion:
    """Leave gracefully; the node stops after it has answered."""
    return HttpQuestion(LeaveCluster(), done, safe=False, takes_ns=SLOW_NS)


def reload(request: HttpRequest) -> HttpQuestion:
    """Read the files of the configuration again; answered when their services and checks are in force."""
    return HttpQuestion(Reload(), done, safe=False)


def force_leave(request: HttpRequest) -> HttpQuestion:
    """Turn a failed member into one that left."""
    ask = ForceLeave(node=request.rest, prune=request.has("prune"), wan=request.has("wan"))
    return HttpQuestion(ask, done, final={"NotFound": _unknown_member})


def maintain(request: HttpRequest) -> HttpQuestion:
    """Put this node into maintenance, or take it out."""
    return HttpQuestion(SetMaintenance(enable=is_enabled(request), reason=request.param("reason")), done, safe=False)


def is_enabled(request: HttpRequest) -> bool:
    """``?enable`` of a call for maintenance; raises HttpError 400 for none and for what is no boolean."""
    if not request.has("enable"):
        raise HttpError(400, "Missing value for enable")
    raw = request.param("enable")
    enable = parse_bool(raw)
    if enable is None:
        raise HttpError(400, f'Invalid value for enable: "{raw}"')
    return enable


def chosen(struct: Struct[Any], rows: dict[str, dict[str, Any]], request: HttpRequest) -> dict[str, dict[str, Any]]:
    """The rows that ``?filter`` keeps, all without one."""
    stays = _stays(struct, request)
    return {key: row for key, row in rows.items() if stays(row)}


def _stays(struct: Struct[Any], request: HttpRequest) -> Predicate:
    expression = request.param("filter")
    if not expression:
        return lambda _: True
    try:
        return keeps(struct, expression)
    except QueryRefused as error:
        raise HttpError(error.refusal.row.status, error.refusal.words) from error


def _version(agent: AgentDescription, request: HttpRequest) -> HttpAnswered:
    return json_answer({"SHA": "", "BuildDate": "", "HumanVersion": agent.version, "FIPS": ""}, request)


def _members(answer: Members, request: HttpRequest) -> HttpAnswered:
    return _shown([MEMBER.row(member) for member in answer.members], request)


def _wan_members(answer: Members, request: HttpRequest) -> HttpAnswered:
    """Null where there is no such pool, as with Consul."""
    rows = [MEMBER.row(member) | {"Name": member.node} for member in answer.members]
    return _shown(rows, request) if rows else json_answer(None, request)


def _wan(request: HttpRequest) -> bool:
    """Any value will do, as with Consul."""
    return bool(request.param("wan"))


def _shown(rows: list[JsonRow], request: HttpRequest) -> HttpAnswered:
    return json_answer(list(filter(_stays(MEMBER, request), rows)), request)


def _joined(answer: Joined, request: HttpRequest) -> HttpAnswered:
    if answer.count:
        return empty()
    number = len(answer.errors)
    head = f"{number} error{'s' if number != 1 else ''} occurred:\n"
    return text(500, head + "".join(f"\t* Failed to join {error}\n" for error in answer.errors) + "\n")


def _unknown_member(request: HttpRequest) -> HttpAnswered:
    return text(500, f"agent: No node found with name '{request.rest}'")


ROUTES = (
    Route("GET", "/v1/agent/self", about_self),
    Route("GET", "/v1/agent/version", version),
    Route("PUT", "/v1/agent/maintenance", maintain),
    Route("GET", "/v1/agent/members", members),
    Route("PUT", "/v1/agent/join/", join),
    Route("PUT", "/v1/agent/leave", leave),
    Route("PUT", "/v1/agent/reload", reload, guard="agent:write"),
    Route("PUT", "/v1/agent/force-leave/", force_leave),
)
