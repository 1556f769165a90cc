"""Access control at the door for client actors: every query that it lets in, by every access, by default policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import pytest
from acl_cluster import Cluster, uuid

from lictor_actors.kernel.vocabulary import By
from lictor_actors.roles.agent.agent import Agent
from lictor_messages import acl, auth_methods, catalog, coordinates, kv, queries, sessions, txn
from lictor_messages.acl_replication import GetAclReplication, ReadGlobalAcls
from lictor_messages.answers import Query
from lictor_messages.autopilot import GetAutopilotConfiguration, GetAutopilotHealth
from lictor_messages.base import KINDS
from lictor_messages.connect_ca import ListRoots
from lictor_messages.datacenters import FireEventElsewhere, ListDatacenterCoordinates
from lictor_messages.keyring import RunKeyring
from lictor_messages.members import FireEvent
from lictor_messages.refusals import Refused
from lictor_messages.slices import ReadSlice
from lictor_messages.snapshots import OpenSnapshot, ReadSnapshot
from lictor_messages.status import GetLeader, GetRaftConfiguration, ListDatacenters, ListPeers
from lictor_messages.usage import CountUsage

ACCESSES = ("", "deny", "read", "write")
"""What a token's rules may say; "" is nothing."""

NAMES = {"event": "deploy", "key": "a/b", "node": "n1", "query": "nearest", "service": "web", "session": "n1"}
"""The one name of each resource that the rules of this page know."""


class Need(NamedTuple):
    """What a query takes on the one name that the rules of this page know of that resource."""

    resource: str
    level: str = "read"

    def rule(self, access: str) -> str:
        name = NAMES.get(self.resource)
        return (
            f'{self.resource} = "{access}"' if name is None else f'{self.resource} "{name}" {{ policy = "{access}" }}'
        )

    def granted(self, access: str, *, default_allows: bool) -> bool:
        if not access:
            return default_allows and self.resource != "acl"
        return access in (("write",) if self.level == "write" else ("read", "write"))


KEY, NODE, SERVICE, SESSION, PREPARED = map(Need, ("key", "node", "service", "session", "query"))
ACL, MANAGEMENT, OPERATOR, KEYRING = Need("acl"), Need("acl", "write"), Need("operator"), Need("keyring")


class Cell(NamedTuple):
    """A query, what it takes, and whether rows are left out instead of a refusal."""

    query: Query
    needs: tuple[Need, ...]
    rows: Callable[[Any], int] | None = None


STORED = queries.PreparedQuery(id=uuid(900), name="nearest", service=queries.ServiceQuery(service="web"))
READ_KEY = txn.Operation(kv=txn.KeyOperation(verb="get", key="a/b"))
OF_N1 = 'Node == "n1"'
MATRIX = (
    Cell(kv.GetKey(key="a/b"), (KEY,)),
    Cell(kv.ListKeys(prefix="a/"), (KEY,), lambda it: len(it.entries)),
    Cell(kv.ListKeyNames(prefix="a/"), (KEY,), lambda it: len(it.keys)),
    Cell(txn.ReadTransaction(operations=(READ_KEY,)), (KEY,), lambda it: len(it.results)),
    Cell(catalog.ListNodes(filter=OF_N1), (NODE,), lambda it: len(it.nodes)),
    Cell(catalog.ListServices(), (SERVICE,), lambda it: sum(row.service == "web" for row in it.services)),
    Cell(catalog.ListServiceNodes(service="web"), (SERVICE, NODE), lambda it: len(it.placements)),
    Cell(catalog.FindServicesAt(address="10.5.5.5"), (SERVICE, NODE), lambda it: len(it.placements)),
    Cell(catalog.ListServiceHealth(service="web"), (SERVICE, NODE), lambda it: len(it.instances)),
    Cell(catalog.ListServiceChecks(service="web"), (SERVICE, NODE), lambda it: len(it.checks)),
    Cell(catalog.ListNodeChecks(node="n1"), (SERVICE, NODE), lambda it: len(it.checks)),
    Cell(catalog.ListChecksInState(state="any", filter=OF_N1), (SERVICE, NODE), lambda it: len(it.checks)),
    Cell(catalog.ListNodeServices(node="n1"), (NODE,), lambda it: it.node is not None),
    Cell(coordinates.GetCoordinate(node="n1"), (NODE,)),
    Cell(coordinates.ListCoordinates(), (NODE,), lambda it: sum(row.node == "n1" for row in it.coordinates)),
    Cell(sessions.ListSessions(), (SESSION,), lambda it: len(it.sessions)),
    Cell(sessions.ListNodeSessions(node="n1"), (SESSION,), lambda it: len(it.sessions)),
    Cell(sessions.GetSession(id=uuid(9)), (SESSION,), lambda it: len(it.sessions)),
    Cell(sessions.RenewSession(id=uuid(9)), (Need("session", "write"),)),
    Cell(queries.ListPreparedQueries(), (PREPARED,), lambda it: len(it.queries)),
    Cell(queries.GetPreparedQuery(id=uuid(900)), (PREPARED,)),
    Cell(queries.ExplainPreparedQuery(name_or_id="nearest"), (PREPARED,)),
    Cell(queries.ExecutePreparedQuery(name_or_id="nearest"), (SERVICE, NODE), lambda it: len(it.instances)),
    Cell(queries.RunPreparedQuery(query=STORED), (SERVICE, NODE), lambda it: len(it.instances)),
    *(
        Cell(query, (ACL,))
        for query in (
            *(acl.ListAclTokens(), acl.ListAclPolicies(), acl.ListAclRoles(), acl.GetAclToken(accessor_id=uuid(99))),
            *(acl.GetAclPolicy(id=uuid(99)), acl.GetAclRole(id=uuid(99)), GetAclReplication(), ReadGlobalAcls()),
            *(auth_methods.ListAuthMethods(), auth_methods.ListBindingRules()),
            *(auth_methods.GetAuthMethod(name="m"), auth_methods.GetBindingRule(id=uuid(99))),
        )
    ),
    *(
        Cell(query, (OPERATOR,))
        for query in (GetRaftConfiguration(), GetAutopilotConfiguration(), GetAutopilotHealth(), CountUsage())
    ),
    Cell(FireEventElsewhere(event=FireEvent(id=uuid(5), name="deploy")), (Need("event", "write"),)),
    Cell(RunKeyring(verb="list"), (KEYRING,)),
    Cell(OpenSnapshot(), (MANAGEMENT,)),
    Cell(ReadSnapshot(id="0"), (MANAGEMENT,)),
)
OPEN_TO_ALL = {
    GetLeader, ListPeers, ListDatacenters, ListDatacenterCoordinates, ListRoots,
    acl.GetOwnAclToken, acl.ResolveAclToken,  # of the bearer itself
    ReadSlice,  # the id of a large answer is a secret
}  # fmt: skip


class Door:
    """A cluster with one of each that rules name, and one token for each text of rules."""

    def __init__(self, default: str) -> None:
        self.allows = default == "allow"
        self.cluster = Cluster(default)
        self._tokens: dict[str, str] = {"": ""}
        node = catalog.NodeRecord(node="n1", address="10.9.9.9")
        web = catalog.ServiceRecord(node="n1", id="web-1", service="web", address="10.5.5.5")
        check = catalog.CheckRecord(
            node="n1", check_id="alive", name="alive", status="passing", service_id="web-1", service_name="web"
        )
        session = sessions.SessionRecord(id=uuid(9), node="n1", node_checks=())
        for command in (
            catalog.Register(node=node, service=web, checks=(check,)),
            kv.PutKey(key="a/b", value=b"1"),
            sessions.CreateSession(session=session),
            queries.CreatePreparedQuery(query=STORED),
            coordinates.UpdateCoordinate(coordinate=coordinates.NodeCoordinate(node="n1")),
        ):
            self.cluster.done(command)
        self.cluster.world.run(10)  # coordinates are written together

    def token(self, rules: str) -> str:
        if rules not in self._tokens:
            self._tokens[rules] = self.cluster.token(rules)
        return self._tokens[rules]


@pytest.fixture(scope="module", params=("deny", "allow"))
def door(request: pytest.FixtureRequest) -> Door:
    return Door(request.param)


def cells() -> Iterator[Any]:
    for cell in MATRIX:
        for accesses in product(ACCESSES, repeat=len(cell.needs)):
            said = "-".join(f"{need.resource}:{access}" for need, access in zip(cell.needs, accesses, strict=True))
            yield pytest.param(cell, accesses, id=f"{cell.query.kind}-{said}")


def test_every_query_that_the_door_lets_in_stands_in_the_matrix() -> None:
    heard = {kind for kind in KINDS.values() if issubclass(kind, Query) and Agent.hears.hears(kind, By.CLIENTS)}
    assert heard - {Query} == {type(cell.query) for cell in MATRIX} | OPEN_TO_ALL


@pytest.mark.parametrize(("cell", "accesses"), list(cells()))
def test_every_query_by_every_access(door: Door, cell: Cell, accesses: tuple[str, ...]) -> None:
    said = list(zip(cell.needs, accesses, strict=True))
    answer = door.cluster.ask(cell.query, door.token("\n".join(need.rule(access) for need, access in said if access)))
    allowed = all(need.granted(access, default_allows=door.allows) for need, access in said)
    if cell.rows is not None:
        assert not isinstance(answer, Refused)
        assert bool(cell.rows(answer)) == allowed
    elif allowed:
        assert not (isinstance(answer, Refused) and answer.code in ("PermissionDenied", "AclNotFound"))
    else:
        assert isinstance(answer, Refused)
        assert answer.code == "PermissionDenied"


@pytest.mark.parametrize("query", [cell.query for cell in MATRIX], ids=lambda query: query.kind)
def test_no_query_is_answered_to_an_unknown_token(door: Door, query: Query) -> None:
    answer = door.cluster.ask(query, uuid(555))
    assert isinstance(answer, Refused)
    assert answer.code == "AclNotFound"
