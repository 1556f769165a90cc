"""Access control from a client's door to the store and back: requests by tokens by default policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from acl_cluster import AGENT, ROOT, Cluster, uuid

from lictor_actors.roles.server import reads
from lictor_messages import acl, catalog, kv, sessions, txn, usage
from lictor_messages.agent import (
    DescribeAgent,
    ListLocalServices,
    LocalServices,
    RegisterService,
)
from lictor_messages.answers import Rendered, RenderedInPart, Written
from lictor_messages.base import Message
from lictor_messages.datacenters import FireEventElsewhere
from lictor_messages.members import FireEvent, ListMembers
from lictor_messages.refusals import Refused
from lictor_messages.slices import LargeAnswer
from lictor_messages.snapshots import OpenSnapshot
from lictor_messages.status import GetRaftConfiguration


@pytest.fixture(scope="module", params=("deny", "allow"))
def matrix(request: pytest.FixtureRequest) -> Cluster:
    cluster = Cluster(request.param)
    cluster.default = request.param  # type: ignore[attr-defined]
    node = catalog.NodeRecord(node="n1", address="10.9.9.9")
    service = catalog.ServiceRecord(node="n1", id="web-1", service="web")
    check = catalog.CheckRecord(node="n1", check_id="alive", name="alive", service_id="web-1", service_name="web")
    cluster.done(catalog.Register(node=node, service=service, checks=(check,)))
    cluster.done(kv.PutKey(key="a/b", value=b"1"))
    cluster.done(sessions.CreateSession(session=sessions.SessionRecord(id=uuid(9), node="n1", node_checks=())))
    return cluster


# -- the matrix -----------------------------------------------------------------


class Cell(NamedTuple):
    """A request, what it takes, and whether rows are left out instead of a refusal."""

    message: Message
    resource: str
    level: str
    name: str = ""
    rows: Callable[[Any], int] | None = None


REQUESTS = {
    "kv get": Cell(kv.GetKey(key="a/b"), "key", "read", "a/b"),
    "kv put": Cell(kv.PutKey(key="a/b"), "key", "write", "a/b"),
    "kv list": Cell(kv.ListKeys(prefix="a/"), "key", "read", "a/b", lambda it: len(it.entries)),
    "kv names": Cell(kv.ListKeyNames(prefix="", separator="/"), "key", "read", "a/b", lambda it: len(it.keys)),
    "nodes": Cell(catalog.ListNodes(filter='Node == "n1"'), "node", "read", "n1", lambda it: len(it.nodes)),
    "services": Cell(catalog.ListServices(), "service", "read", "web",
                     lambda it: sum(row.service == "web" for row in it.services)),
    "session destroy": Cell(sessions.DestroySession(id=uuid(8)), "", ""),
    "session list": Cell(sessions.ListSessions(), "session", "read", "n1", lambda it: len(it.sessions)),
    "session create": Cell(
        sessions.CreateSession(session=sessions.SessionRecord(id=uuid(7), node="nx")), "session", "write", "nx"
    ),
    "register": Cell(
        catalog.Register(node=catalog.NodeRecord(node="n2", address="10.9.9.8")), "node", "write", "n2"
    ),
    "tokens": Cell(acl.ListAclTokens(), "acl", "read"),
    "token": Cell(acl.DeleteAclToken(accessor_id=uuid(99)), "acl", "write"),
    "raft": Cell(GetRaftConfiguration(), "operator", "read"),
    "snapshot": Cell(OpenSnapshot(), "acl", "write"),
    "usage": Cell(usage.CountUsage(), "operator", "read"),
    "agent": Cell(DescribeAgent(), "agent", "read", "agent-1"),
    "event": Cell(FireEvent(id=uuid(6), name="deploy"), "event", "write", "deploy"),
    "event elsewhere": Cell(
        FireEventElsewhere(event=FireEvent(id=uuid(5), name="deploy")), "event", "write", "deploy"
    ),
    "agent register": Cell(
        RegisterService(service=catalog.ServiceRecord(node="", id="api", service="api")), "service", "write", "api"
    ),
    "members": Cell(ListMembers(), "node", "read", "agent-1", lambda it: sum(m.name == "agent-1" for m in it.members)),
}  # fmt: skip


class Bearer(NamedTuple):
    """A kind of token: its rules for what a request takes, and whether they grant it (None: the default decides)."""

    rules: Callable[[Cell], str] | None
    grants: Callable[[Cell], bool | None]


def rule(cell: Cell, access: str, name: str | None = None, prefix: bool = False) -> str:
    if cell.resource in ("acl", "operator"):
        return f'{cell.resource} = "{access}"'
    return f'{cell.resource}{"_prefix" * prefix} "{cell.name if name is None else name}" {{ policy = "{access}" }}'


BEARERS = {
    "none": Bearer(None, lambda _: None),
    "other": Bearer(lambda _: 'keyring = "read"', lambda _: None),
    "deny": Bearer(lambda cell: rule(cell, "deny"), lambda _: False),
    "read": Bearer(lambda cell: rule(cell, "read"), lambda cell: cell.level == "read"),
    "write": Bearer(lambda cell: rule(cell, "write"), lambda _: True),
    "prefix": Bearer(lambda cell: rule(cell, "write", cell.name[:1], True), lambda _: True),
    "exact over prefix": Bearer(
        lambda cell: rule(cell, "write", "", True) + "\n" + rule(cell, "deny") if cell.name else rule(cell, "deny"),
        lambda _: False,
    ),
    "management": Bearer(lambda _: 'acl = "write"\noperator = "write"\n' + "\n".join(
        f'{name}_prefix "" {{ policy = "write" }}' for name in ("agent", "event", "key", "node", "service", "session")
    ), lambda _: True),
}  # fmt: skip


def cells() -> Iterator[Any]:
    for asked, cell in REQUESTS.items():
        if cell.resource:
            for shown, bearer in BEARERS.items():
                yield pytest.param(cell, bearer, id=f"{asked}-{shown}")


@pytest.mark.parametrize(("cell", "bearer"), list(cells()))
def test_every_cell(matrix: Cluster, cell: Cell, bearer: Bearer) -> None:
    token = matrix.token(bearer.rules(cell)) if bearer.rules is not None else ""
    if isinstance(cell.message, catalog.Register):  # as it is already it would take no right
        matrix.done(catalog.Deregister(node=cell.message.node.node))
    answer = matrix.ask(cell.message, token)
    by_default = matrix.default == "allow" and cell.resource != "acl"  # type: ignore[attr-defined]
    granted = bearer.grants(cell)
    allowed = by_default if granted is None else granted
    if cell.rows is not None:
        assert not isinstance(answer, Refused)
        assert bool(cell.rows(answer)) == allowed
    elif allowed:
        assert not (isinstance(answer, Refused) and answer.code in ("PermissionDenied", "AclNotFound"))
    else:
        assert isinstance(answer, Refused)
        assert answer.code == "PermissionDenied"
        assert f"'{cell.resource}:{cell.level}'" in answer.text


@pytest.mark.parametrize("asked", REQUESTS)
def test_an_unknown_token_is_refused_everywhere(matrix: Cluster, asked: str) -> None:
    answer = matrix.ask(REQUESTS[asked].message, uuid(555))
    assert isinstance(answer, Refused)
    assert answer.code == "AclNotFound"


def test_no_route_answers_an_unknown_token(matrix: Cluster) -> None:
    """All routes of the table but those that know nothing and say nothing."""
    from lictor_actors.roles.api.api import ROUTER

    open_to_all = {"/", "/v1/status/leader", "/v1/status/peers", "/v1/catalog/datacenters"}
    answered = {}
    for route in ROUTER.table:
        if route.path in open_to_all or route.path == "/v1/coordinate/datacenters":
            continue
        path = f"{route.path}x" if route.path.endswith("/") else route.path
        said = matrix.http(route.method, path, uuid(555), b"{}")
        if said.status < 400:
            answered[f"{route.method} {route.path}"] = said.status
    assert not answered


# -- what changes while it is watched ---------------------------------------------


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(servers=3)


def blocked(cluster: Cluster, query: Any, token: str) -> list[Message]:
    heard: list[Message] = []
    cluster.watchers += 1
    cluster.world.door(AGENT, f"w{cluster.watchers}").ask("agent", query, heard.append, within_s=400, token=token)
    cluster.world.run(3)
    assert not heard
    return heard


def test_a_revoked_token_ends_what_it_waits_for(cluster: Cluster) -> None:
    index = cluster.done(kv.PutKey(key="a", value=b"1")).index  # type: ignore[attr-defined]
    kept, lost = (cluster.token('key "a" { policy = "read" }') for _ in range(2))
    query = kv.GetKey(key="a", min_index=index, wait_ns=300 * 10**9)
    goes_on, ends = blocked(cluster, query, kept), blocked(cluster, query, lost)
    cluster.done(acl.DeleteAclToken(accessor_id=uuid(2)))
    cluster.world.run(2)
    assert [type(answer) for answer in ends] == [Refused]
    assert ends[0].code == "AclNotFound"  # type: ignore[attr-defined]
    assert not goes_on
    cluster.done(kv.PutKey(key="a", value=b"2"))
    cluster.world.run(2)
    assert goes_on[0].entries[0].value == b"2"  # type: ignore[attr-defined]


def test_a_policy_that_changes_ends_or_narrows_what_waits(cluster: Cluster) -> None:
    cluster.done(kv.PutKey(key="a", value=b"1"))
    index = cluster.done(kv.PutKey(key="b", value=b"1")).index  # type: ignore[attr-defined]
    token = cluster.token('key_prefix "" { policy = "read" }')
    named = blocked(cluster, kv.GetKey(key="b", min_index=index, wait_ns=10**11), token)
    listed = blocked(cluster, kv.ListKeys(prefix="", min_index=index, wait_ns=10**11), token)
    narrower = acl.AclPolicy(id=uuid(1), name="p1", rules='key "a" { policy = "read" }')
    cluster.done(acl.PutAclPolicy(policy=narrower))
    cluster.world.run(2)
    assert named[0].code == "PermissionDenied"  # type: ignore[attr-defined]
    cluster.done(kv.PutKey(key="b", value=b"2"))
    cluster.world.run(2)
    assert [entry.key for entry in listed[0].entries] == ["a"]  # type: ignore[attr-defined]


def test_a_token_expires_by_the_logs_clock_and_what_it_waits_for_ends(cluster: Cluster) -> None:
    index = cluster.done(kv.PutKey(key="a", value=b"1")).index  # type: ignore[attr-defined]
    token = cluster.token('key "a" { policy = "read" }', ttl_ns=60 * 10**9)
    heard = blocked(cluster, kv.GetKey(key="a", min_index=index, wait_ns=300 * 10**9), token)
    cluster.world.run(50)
    assert not heard
    cluster.world.run(15)
    assert heard[0].code == "AclNotFound"  # type: ignore[attr-defined]
    stored = cluster.done(acl.ListAclTokens())
    assert len(stored.tokens) == 2  # type: ignore[attr-defined]


def test_an_agent_forgets_what_a_token_may_do(cluster: Cluster) -> None:
    token = cluster.token('service_prefix "" { policy = "write" }')
    register = RegisterService(service=catalog.ServiceRecord(node="", id="web", service="web"))
    assert not isinstance(cluster.ask(register, token), Refused)
    cluster.done(acl.DeleteAclToken(accessor_id=uuid(1)))
    cluster.world.run(31)
    assert cluster.ask(register, token).code == "AclNotFound"  # type: ignore[attr-defined]


# -- what is left out ---------------------------------------------------------------


def test_answers_say_that_rows_are_hidden_to_real_tokens_alone(cluster: Cluster) -> None:
    for key in ("a", "b"):
        cluster.done(kv.PutKey(key=key))
    some, every = cluster.token('key "a" { policy = "read" }'), cluster.token('key_prefix "" { policy = "read" }')
    asked = kv.ListKeys(prefix="", rendered=True)
    assert type(cluster.ask(asked, some)) is RenderedInPart
    assert type(cluster.ask(asked, every)) is Rendered
    assert type(cluster.ask(asked)) is Rendered
    header = "X-Consul-Results-Filtered-By-ACLs"
    assert dict(cluster.http("GET", "/v1/kv/?recurse", some).headers)[header] == "true"
    assert header not in dict(cluster.http("GET", "/v1/kv/?recurse", every).headers)


def test_so_do_answers_that_come_in_slices(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "WHOLE_BYTES_MAX", 100)
    for key in ("a/1", "a/2", "b"):
        cluster.done(kv.PutKey(key=key, value=b"x" * 200))
    header, said = "X-Consul-Results-Filtered-By-ACLs", []
    for rules in ('key_prefix "a" { policy = "read" }', 'key_prefix "" { policy = "read" }'):
        token = cluster.token(rules)
        assert type(cluster.ask(kv.ListKeys(prefix="", rendered=True), token)) is LargeAnswer
        said.append(dict(cluster.http("GET", "/v1/kv/?recurse", token).headers).get(header))
    assert said == ["true", None]


def test_a_filter_tells_nothing_of_rows_that_are_hidden(cluster: Cluster) -> None:
    """Two states that differ only in what may not be seen give equal answers, headers included."""
    node = catalog.NodeRecord(node="hidden", address="10.9.9.9", meta={"k": "1"})
    token = cluster.token('node "server-1" { policy = "read" }')
    said = []
    for value in ("1", "2"):
        cluster.done(catalog.Register(node=node.model_copy(update={"meta": {"k": value}})))
        answer = cluster.ask(catalog.ListNodes(filter='Meta["k"] == "1"', rendered=True), token)
        said.append((type(answer), answer.body))  # type: ignore[attr-defined]
    assert said[0] == said[1] == (RenderedInPart, b"[]")


def test_each_operation_of_a_transaction_is_weighed_alone(cluster: Cluster) -> None:
    token = cluster.token('key "a" { policy = "write" }')
    operations = tuple(txn.Operation(kv=txn.KeyOperation(verb="set", key=key)) for key in ("a", "b"))
    answer = cluster.ask(txn.Transact(operations=operations), token)
    assert isinstance(answer, txn.Transacted)
    assert [failure.op_index for failure in answer.failures] == [1]
    assert "lacks permission 'key:write' on \"b\"" in answer.failures[0].what
    assert not cluster.done(kv.ListKeys(prefix="")).entries  # type: ignore[attr-defined]


def on_keys(verb: str, *keys: str) -> list[txn.Operation]:
    return [txn.Operation(kv=txn.KeyOperation(verb=verb, key=key)) for key in keys]


@pytest.mark.parametrize("writes", [False, True], ids=("read", "written"))
def test_reads_that_are_denied_are_left_out_of_a_transaction(cluster: Cluster, writes: bool) -> None:
    """Whether it goes through the log or not: every verb that reads, of keys and of the catalog."""
    for key in ("a/1", "b/1"):
        cluster.done(kv.PutKey(key=key, value=b"1"))
    hidden = catalog.NodeRecord(node="hidden", address="10.9.9.9")
    web = catalog.ServiceRecord(node="hidden", id="web", service="web")
    check = catalog.CheckRecord(node="hidden", check_id="alive", name="alive")
    cluster.done(catalog.Register(node=hidden, service=web, checks=(check,)))
    operations = [
        *on_keys("get", "b/1", "a/1"),
        *on_keys("get-or-empty", "b/1", "b/2", "a/2"),
        *on_keys("get-tree", "a", "b"),
        txn.Operation(node=txn.NodeOperation(verb="get", node=hidden)),
        txn.Operation(service=txn.ServiceOperation(verb="get", service=web)),
        txn.Operation(check=txn.CheckOperation(verb="get", check=check)),
    ]
    if writes:
        operations += on_keys("set", "a/3")
    kind = txn.Transact if writes else txn.ReadTransaction
    token = cluster.token('key_prefix "a/" { policy = "write" }')
    answer = cluster.ask(kind(operations=tuple(operations)), token)
    assert isinstance(answer, txn.Transacted)
    assert answer.failures == ()
    seen = [result.kv.key if result.kv is not None else "" for result in answer.results]
    assert seen == ["a/1", "a/2", "a/1"] + ["a/3"] * writes
    whole = cluster.done(kind(operations=tuple(operations)))
    assert len(whole.results) == 10 + 2 * writes, "of those with all rights nothing is kept"  # type: ignore[attr-defined]


@pytest.mark.parametrize("verb", ["check-session", "check-index", "check-not-exists"])
def test_a_comparison_in_a_transaction_takes_the_right_to_read(cluster: Cluster, verb: str) -> None:
    """Its outcome would tell of the key."""
    token = cluster.token('key "a" { policy = "write" }')
    asked = txn.ReadTransaction(operations=tuple(on_keys(verb, "b")))
    (failure,) = cluster.ask(asked, token).failures  # type: ignore[attr-defined]
    assert "lacks permission 'key:read' on \"b\"" in failure.what


def test_a_tree_takes_the_right_to_all_that_is_below(cluster: Cluster) -> None:
    token = cluster.token('key_prefix "a/" { policy = "write" }\nkey "a/b/secret" { policy = "read" }')
    assert isinstance(cluster.ask(kv.DeleteKey(key="a/c/", recurse=True), token), Written)
    assert isinstance(cluster.ask(kv.DeleteKey(key="a/", recurse=True), token), Refused)


def test_what_belongs_to_another_is_not_written_over(cluster: Cluster) -> None:
    node = catalog.NodeRecord(node="n1", address="10.9.9.9")
    web = catalog.ServiceRecord(node="n1", id="one", service="web")
    check = catalog.CheckRecord(node="n1", check_id="alive", name="alive", service_id="one", service_name="web")
    cluster.done(catalog.Register(node=node, service=web, checks=(check,)))
    token = cluster.token('service "db" { policy = "write" }')
    db = web.model_copy(update={"service": "db"})
    assert isinstance(cluster.ask(catalog.Register(node=node, skip_node_update=True, service=db), token), Refused)
    other = db.model_copy(update={"id": "two"})
    stolen = check.model_copy(update={"service_id": "two", "service_name": "db"})
    taken = catalog.Register(node=node, skip_node_update=True, service=other, checks=(stolen,))
    assert isinstance(cluster.ask(taken, token), Refused)
    assert isinstance(cluster.ask(taken.model_copy(update={"checks": ()}), token), Written)


def test_only_those_who_may_write_tokens_see_secrets(cluster: Cluster) -> None:
    reader = cluster.token('acl = "read"')
    hidden = cluster.done(acl.ListAclTokens(), reader)
    assert {token.secret_id for token in hidden.tokens} == {"<hidden>"}  # type: ignore[attr-defined]
    shown = cluster.done(acl.ListAclTokens())
    assert ROOT in {token.secret_id for token in shown.tokens}  # type: ignore[attr-defined]


def test_info_and_members_say_that_tokens_are_asked_for(cluster: Cluster) -> None:
    told = json.loads(cluster.http("GET", "/v1/agent/self", ROOT).body)
    assert told["Stats"]["consul"]["acl"] == "enabled"
    members = json.loads(cluster.http("GET", "/v1/agent/members", ROOT).body)
    assert {member["Tags"].get("acls") for member in members if member["Tags"]["role"] == "consul"} == {"1"}


def test_no_secret_is_in_the_trace(cluster: Cluster) -> None:
    secret = cluster.token('key_prefix "" { policy = "write" }')
    cluster.done(kv.PutKey(key="a"), secret)
    told = repr([cluster.done(acl.GetOwnAclToken(), secret), acl.PutAclToken(token=acl.AclToken(secret_id=secret))])
    assert secret not in told


def test_a_service_is_written_by_the_token_of_its_registration(cluster: Cluster) -> None:
    """The agent itself may write nothing; the node stands as the leader has registered it."""
    token = cluster.token('service "web" { policy = "write" }')
    register = RegisterService(service=catalog.ServiceRecord(node="", id="web-1", service="web"))
    assert not isinstance(cluster.ask(register, token), Refused)
    cluster.world.run(5)

    def instances() -> int:
        return len(cluster.done(catalog.ListServiceNodes(service="web")).placements)  # type: ignore[attr-defined]

    assert instances() == 1
    cluster.world.kill(AGENT)
    cluster.world.run(1)
    cluster.world.restart(AGENT)
    cluster.world.run(80)
    assert instances() == 1
    assert cluster.world.actor(f"agent@{AGENT}").tokens.registered == {("service", "web-1"): token}


def test_the_agents_own_services_are_seen_by_those_who_may(cluster: Cluster) -> None:
    cluster.done(RegisterService(service=catalog.ServiceRecord(node="", id="web", service="web")))
    cluster.done(RegisterService(service=catalog.ServiceRecord(node="", id="db", service="db")))
    token = cluster.token('service "db" { policy = "read" }')
    answer = cluster.ask(ListLocalServices(), token)
    assert isinstance(answer, LocalServices)
    assert [service.id for service in answer.services] == ["db"]


def test_a_token_is_read_with_all_that_its_rights_come_from(cluster: Cluster) -> None:
    policy = acl.AclPolicy(id=uuid(50), name="keys", rules='key "a" { policy = "read" }')
    cluster.done(acl.PutAclPolicy(policy=policy, new=True))
    role = acl.AclRole(id=uuid(51), name="apps", policies=(acl.AclLink(id=uuid(50)),))
    cluster.done(acl.PutAclRole(role=role, new=True))
    elsewhere = acl.NodeIdentity(node="n2", datacenter="dc2")
    token = acl.AclToken(
        accessor_id=uuid(52),
        secret_id=uuid(53),
        roles=(acl.AclLink(id=uuid(51)),),
        service_identities=(acl.ServiceIdentity(service="web"),),
        node_identities=(elsewhere,),
    )
    cluster.done(acl.PutAclToken(token=token, new=True))
    for path, shown in (("self", uuid(53)), (uuid(52), ROOT)):
        row = json.loads(cluster.http("GET", f"/v1/acl/token/{path}?expanded", shown).body)
        assert [each["Name"] for each in row["ExpandedPolicies"]] == ["keys", "synthetic-policy-service-web"]
        assert 'service "web-sidecar-proxy"' in row["ExpandedPolicies"][1]["Rules"]
        assert [each["Name"] for each in row["ExpandedRoles"]] == ["apps"]
        assert row["AgentACLDefaultPolicy"] == "deny"
    assert "ExpandedRoles" not in json.loads(cluster.http("GET", "/v1/acl/token/self", uuid(53)).body)


def test_what_the_configuration_defines_is_written_by_its_tokens() -> None:
    """One service has a token of its own, the other that of all definitions; the agent itself may write nothing."""
    services = tuple(
        RegisterService(service=catalog.ServiceRecord(node="", id=name, service=name), token=token)
        for name, token in (("web", uuid(1001)), ("db", ""))
    )
    cluster = Cluster(services=services, agent__acl_registration_token=uuid(1002))
    for name in ("web", "db"):
        cluster.token(f'service "{name}" {{ policy = "write" }}')

    def written(name: str) -> bool:
        return bool(cluster.done(catalog.ListServiceNodes(service=name)).placements)  # type: ignore[attr-defined]

    assert cluster.world.run_until(lambda: written("web") and written("db"), 200)


def test_a_service_of_a_body_with_a_token_is_written_by_that(cluster: Cluster) -> None:
    writer = cluster.token('service "web" { policy = "write" }')
    check = {"Name": "alive", "TTL": "1h"}
    body = {"Name": "web", "Token": writer, "Check": check}
    assert cluster.http("PUT", "/v1/agent/service/register", ROOT, json.dumps(body).encode()).status == 200
    assert cluster.world.actor(f"agent@{AGENT}").tokens.registered == {("service", "web"): writer}
    cluster.world.run(5)
    assert cluster.http("PUT", "/v1/agent/check/pass/service:web", writer).status == 200
    cluster.world.run(5)
    checks = cluster.done(catalog.ListNodeChecks(node="agent-1")).checks  # type: ignore[attr-defined]
    assert {row.check_id: row.status for row in checks}["service:web"] == "passing"
