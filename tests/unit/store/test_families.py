"""Every family of the store has all its parts, and no two claim the same."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from mesh_root import ROOT

from lictor_actors.roles.server.guards import GUARDS
from lictor_actors.roles.server.server import Server
from lictor_actors.store.families.every import DATA, FAMILIES
from lictor_actors.store.families.kv.family import KV
from lictor_actors.store.family import Family, FamilyFault, Read, SliceRule, never_blocks
from lictor_actors.store.fold import Families, content
from lictor_actors.store.guard import Extent, Guard, Level, Need, Resource
from lictor_actors.store.render import render
from lictor_actors.store.store import Store
from lictor_messages import (
    acl,
    auth_methods,
    autopilot,
    catalog,
    connect_ca,
    coordinates,
    kv,
    queries,
    sessions,
    snapshots,
    txn,
    usage,
)
from lictor_messages.acl_replication import ReadGlobalAcls, ReplicateAcls
from lictor_messages.answers import Command, Query
from lictor_messages.base import KINDS_ON, STORED, WIRE, Message
from lictor_messages.txn import Operation

NODE = catalog.NodeRecord(node="n1", address="10.0.0.1")
WEB = catalog.ServiceRecord(node="n1", id="web-1", service="web")
ALIVE = catalog.CheckRecord(node="n1", check_id="c", name="c", service_id="web-1")
OF_NODE = catalog.CheckRecord(node="", check_id="serfHealth", name="")
PLAIN = queries.PreparedQuery(id="q-1", name="q", service=queries.ServiceQuery(service="web"))
NAMELESS = PLAIN.model_copy(update={"name": "", "session": "s-1"})
SESSION = sessions.SessionRecord(id="s-1", node="n1")


def on_key(verb: str) -> Operation:
    return Operation(kv=txn.KeyOperation(verb=verb, key="a/b"))


EVERY_NODE, EVERY_SERVICE = (Need(of, "read", extent="rows") for of in ("node", "service"))
MANAGEMENT = Need("acl", "write")
READS_ACLS = Need("acl", "read")
TOKEN = acl.AclToken(accessor_id="a", secret_id="s")


def stored(resource: Any, row: str) -> Need:
    return Need(resource, "write", row, "stored")


def check_of(row: str) -> Need:
    return Need("service", "write", row, "check")


NEEDS: list[tuple[Message, tuple[Need, ...]]] = [
    (kv.PutKey(key="a"), (Need("key", "write", "a"),)),
    (kv.DeleteKey(key="a"), (Need("key", "write", "a"),)),
    (kv.DeleteKey(key="a", recurse=True), (Need("key", "write", "a", "prefix"),)),
    (kv.ReapTombstones(upto=1), ()),
    (kv.GetKey(key="a"), (Need("key", "read", "a"),)),
    (kv.ListKeys(prefix="a"), (Need("key", "list", "a", "prefix"), Need("key", "read", extent="rows"))),
    (kv.ListKeyNames(prefix="a"), (Need("key", "list", "a", "prefix"), Need("key", "read", extent="rows"))),
    (
        catalog.Register(node=NODE, service=WEB, checks=(ALIVE, OF_NODE)),
        (
            Need("node", "write", "n1"),
            *(Need("service", "write", "web"), stored("service", "n1/web-1")),
            *(check_of("n1/c"), check_of("n1/serfHealth")),
        ),
    ),
    (
        catalog.Register(node=NODE.model_copy(update={"id": "i"}), checks=(ALIVE,)),
        (Need("node", "write", "n1"), stored("node", "i"), check_of("n1/c"), stored("service", "n1/web-1")),
    ),
    (
        catalog.Register(node=NODE, skip_node_update=True, checks=(OF_NODE,)),
        (Need("node", "write", "n1", "unknown"), check_of("n1/serfHealth"), Need("node", "write", "n1")),
    ),
    (
        catalog.Register(node=NODE, skip_node_update=True, service=WEB),
        (Need("node", "write", "n1", "unknown"), Need("service", "write", "web"), stored("service", "n1/web-1")),
    ),
    (catalog.Deregister(node="n1"), (Need("node", "write", "n1"),)),
    (
        catalog.Deregister(node="n1", service_id="web-1"),
        (Need("service", "write", "n1/web-1", "stored", (Need("node", "write", "n1"),)),),
    ),
    (
        catalog.Deregister(node="n1", check_id="c"),
        (Need("service", "write", "n1/c", "check", (Need("node", "write", "n1"),)),),
    ),
    (catalog.ListNodes(), (EVERY_NODE,)),
    (catalog.ListServices(), (EVERY_SERVICE,)),
    (catalog.FindServicesAt(address="10.0.0.1"), (EVERY_NODE, EVERY_SERVICE)),
    (usage.CountUsage(), (Need("operator", "read"),)),
    (catalog.ListNodeServices(node="n1"), (EVERY_NODE, EVERY_SERVICE)),
    (catalog.ListServiceNodes(service="web"), (Need("service", "read", "web", "rows"), EVERY_NODE)),
    (catalog.ListServiceHealth(service="web"), (Need("service", "read", "web", "rows"), EVERY_NODE)),
    (catalog.ListServiceChecks(service="web"), (Need("service", "read", "web", "rows"), EVERY_NODE)),
    (catalog.ListNodeChecks(node="n1"), (Need("node", "read", "n1", "rows"), EVERY_SERVICE)),
    (catalog.ListChecksInState(state="any"), (EVERY_NODE, EVERY_SERVICE)),
    (coordinates.PutCoordinates(coordinates=()), ()),
    (
        catalog.ListServiceNodes(service="web", connect=True),
        (Need("service", "read", "web"), EVERY_SERVICE, EVERY_NODE),
    ),
    (
        catalog.ListServiceHealth(service="web", connect=True),
        (Need("service", "read", "web"), EVERY_SERVICE, EVERY_NODE),
    ),
    (connect_ca.SetRoot(root=ROOT), ()),
    (connect_ca.ListRoots(), ()),
    (coordinates.GetCoordinate(node="n1"), (Need("node", "read", "n1"),)),
    (coordinates.ListCoordinates(), (EVERY_NODE,)),
    (sessions.CreateSession(session=SESSION), (Need("session", "write", "n1"),)),
    (sessions.DestroySession(id="s-1"), (Need("session", "write", "s-1", "stored"),)),
    (sessions.RenewSession(id="s-1"), (Need("session", "write", "s-1", "stored"),)),
    (sessions.GetSession(id="s-1"), (Need("session", "read", extent="rows"),)),
    (sessions.ListNodeSessions(node="n1"), (Need("session", "read", "n1", "rows"),)),
    (sessions.ListSessions(), (Need("session", "read", extent="rows"),)),
    (queries.CreatePreparedQuery(query=PLAIN), (Need("query", "write", "q"),)),
    (queries.CreatePreparedQuery(query=NAMELESS), ()),
    (queries.UpdatePreparedQuery(query=PLAIN), (Need("query", "write", "q-1", "stored"), Need("query", "write", "q"))),
    (queries.DeletePreparedQuery(id="q-1"), (Need("query", "write", "q-1", "stored"),)),
    (queries.GetPreparedQuery(id="q-1"), (Need("query", "read", "q-1", "stored"),)),
    (queries.ListPreparedQueries(), (Need("query", "read", extent="rows"),)),
    (queries.ExplainPreparedQuery(name_or_id="q"), (Need("query", "read", "q", "stored"),)),
    (queries.ExecutePreparedQuery(name_or_id="q"), (EVERY_SERVICE, EVERY_NODE)),
    (
        queries.RunPreparedQuery(
            query=queries.PreparedQuery(id="q", service=queries.ServiceQuery(service="web")), limit=1
        ),
        (EVERY_SERVICE, EVERY_NODE),
    ),
    (
        autopilot.SetAutopilotConfiguration(configuration=autopilot.AutopilotConfiguration()),
        (Need("operator", "write"),),
    ),
    (autopilot.GetAutopilotConfiguration(), (Need("operator", "read"),)),
    (snapshots.StageRestore(id="s", part=0, data=b""), (MANAGEMENT,)),
    (snapshots.RestoreStaged(id="s", parts=1, digest=""), (MANAGEMENT,)),
    (
        txn.Transact(operations=(on_key("set"), on_key("lock"), on_key("delete-tree"), on_key("check-index"))),
        (Need("key", "write", "a/b"), Need("key", "write", "a/b", "prefix"), Need("key", "read", "a/b")),
    ),
    (
        txn.Transact(
            operations=(
                Operation(node=txn.NodeOperation(verb="set", node=NODE)),
                Operation(service=txn.ServiceOperation(verb="delete", service=WEB)),
                Operation(check=txn.CheckOperation(verb="cas", check=ALIVE)),
                Operation(session=txn.SessionOperation(verb="delete", id="s-1")),
            )
        ),
        (
            Need("node", "write", "n1"),
            Need("service", "write", "web"),
            stored("service", "n1/web-1"),
            check_of("n1/c"),
            stored("session", "s-1"),
        ),
    ),
    (
        txn.ReadTransaction(
            operations=(
                *(on_key("get"), on_key("get-tree"), on_key("check-not-exists")),
                *(Operation(node=txn.NodeOperation(verb="get", node=NODE)), Operation()),
            )
        ),
        (
            Need("key", "read", "a/b", "rows"),
            Need("key", "read", extent="rows"),
            Need("key", "read", "a/b"),
            EVERY_NODE,
        ),
    ),
]
NEEDS += [
    (acl.BootstrapAcls(token=TOKEN), ()),
    (acl.BootstrapAclsAgain(token=TOKEN, index=1), ()),
    (acl.ReapAclTokens(), ()),
    (acl.PutAclToken(token=TOKEN), (MANAGEMENT,)),
    (acl.DeleteAclToken(accessor_id="a"), (MANAGEMENT,)),
    (acl.PutAclPolicy(policy=acl.AclPolicy()), (MANAGEMENT,)),
    (acl.DeleteAclPolicy(id="p"), (MANAGEMENT,)),
    (acl.PutAclRole(role=acl.AclRole()), (MANAGEMENT,)),
    (acl.DeleteAclRole(id="r"), (MANAGEMENT,)),
    (auth_methods.PutAuthMethod(method=auth_methods.AuthMethod()), (MANAGEMENT,)),
    (auth_methods.DeleteAuthMethod(name="m"), (MANAGEMENT,)),
    (auth_methods.PutBindingRule(rule=auth_methods.BindingRule()), (MANAGEMENT,)),
    (auth_methods.DeleteBindingRule(id="r"), (MANAGEMENT,)),
    (
        auth_methods.BindLogin(token=TOKEN, method_index=1, claims=auth_methods.Claims(), datacenter="dc1"),
        (),
    ),
    (auth_methods.GetAuthMethod(name="m"), (READS_ACLS,)),
    (auth_methods.ListAuthMethods(), (READS_ACLS,)),
    (auth_methods.GetBindingRule(id="r"), (READS_ACLS,)),
    (auth_methods.ListBindingRules(), (READS_ACLS,)),
    (acl.GetAclToken(accessor_id="a"), (READS_ACLS,)),
    (acl.ListAclTokens(), (READS_ACLS,)),
    (acl.GetAclPolicy(id="p"), (READS_ACLS,)),
    (acl.ListAclPolicies(), (READS_ACLS,)),
    (acl.GetAclRole(id="r"), (READS_ACLS,)),
    (acl.ListAclRoles(), (READS_ACLS,)),
    (ReadGlobalAcls(tokens=True), (READS_ACLS,)),
    (ReplicateAcls(), ()),
]
SAID = {type(message) for message, _ in NEEDS}


def concrete(base: type[Message]) -> set[type[Message]]:
    """Commands or queries that cross nodes or are stored: those of an agent alone stay at home."""
    kinds = {*KINDS_ON[WIRE].values(), *KINDS_ON[STORED].values()}
    return {kind for kind in kinds if issubclass(kind, base) and kind.__module__.startswith("lictor_messages")}


def guard_of(kind: type[Message]) -> Guard:
    if kind in FAMILIES.writes:
        return FAMILIES.writes[kind].guard
    return FAMILIES.reads[kind].guard


def test_the_server_hears_no_command_and_no_query_without_a_guard() -> None:
    assert {Query, Command} <= set(Server.hears.kinds)
    heard = concrete(Command) | concrete(Query)
    of_store = {*FAMILIES.writes, *FAMILIES.reads}
    assert of_store | set(GUARDS) == heard
    assert not of_store & set(GUARDS), "one kind has one guard"


def test_every_guard_of_the_store_is_shown_here() -> None:
    missing = {kind.__name__ for kind in {*FAMILIES.writes, *FAMILIES.reads} - SAID}
    assert not missing, f"add a message of each to NEEDS, with what its guard says of it: {missing}"
    assert {*FAMILIES.writes, *FAMILIES.reads} == SAID


@pytest.mark.parametrize(("message", "needs"), NEEDS, ids=lambda it: it.kind if isinstance(it, Message) else "")
def test_what_each_message_needs(message: Message, needs: tuple[Need, ...]) -> None:
    assert guard_of(type(message))(message) == needs


def test_needs_are_in_the_words_of_the_rules() -> None:
    for message, _ in NEEDS:
        for need in guard_of(type(message))(message):
            assert need.resource in get_args(Resource)
            assert need.level in get_args(Level)
            assert need.extent in get_args(Extent)


# -- all parts ------------------------------------------------------------------


def test_every_command_that_is_stored_is_applied() -> None:
    stored = {kind for kind in KINDS_ON[STORED].values() if issubclass(kind, Command)}
    assert stored == set(FAMILIES.writes)


def test_what_clients_may_give_is_admitted_or_refused_and_the_rest_is_the_leaders() -> None:
    own = {kind for kind, write in FAMILIES.writes.items() if write.leaders_own}
    leaders = {acl.BootstrapAclsAgain, acl.ReapAclTokens, auth_methods.BindLogin, kv.ReapTombstones, connect_ca.SetRoot}
    assert own == {*leaders, coordinates.PutCoordinates, ReplicateAcls}
    assert set(FAMILIES.admits) == set(FAMILIES.writes) - own


@pytest.mark.parametrize("query", [m for m, _ in NEEDS if isinstance(m, Query)], ids=lambda query: query.kind)
def test_every_query_is_answered_rendered_and_has_a_version_and_scopes(query: Query) -> None:
    store, read = Store(), FAMILIES.reads[type(query)]
    answer = store.evaluate(query)
    assert answer.index >= 1
    assert isinstance(store.version(query), int)
    if read.rendered:
        remedy = f"add {type(answer).__name__} to the family's shapes, or say rendered=False in its Read"
        assert type(answer) in FAMILIES.shapes, remedy
        assert isinstance(render(query, answer)[0], bytes)
    scopes = read.scopes(query)
    assert bool(scopes) != (read.scopes is never_blocks)
    assert all(isinstance(kind, str) and isinstance(name, str) for kind, name in scopes)


def test_no_row_that_a_client_brings_is_taken_unseen() -> None:
    unseen = [table.name for family in FAMILIES for table in family.tables if table.fault is None]
    assert not unseen, f"say in fault of these tables which rows no store can have written: {unseen}"


def test_only_these_queries_never_block() -> None:
    never = {kind for kind, read in FAMILIES.reads.items() if read.scopes is never_blocks}
    assert never == {
        catalog.FindServicesAt,
        sessions.RenewSession,
        queries.ExecutePreparedQuery,
        queries.ExplainPreparedQuery,
        queries.RunPreparedQuery,
        autopilot.GetAutopilotConfiguration,
        txn.ReadTransaction,
    }


def test_every_field_of_an_operation_has_a_family() -> None:
    assert {field for field, _ in FAMILIES.verbs.performs} == set(Operation.model_fields)
    assert content(Operation()) == ("", None)


# -- what is refused when families are put together ------------------------------------


class Tables:
    """Of nothing."""


def without(**parts: Any) -> Family[Tables]:
    whole: dict[str, Any] = {
        "name": "odd",
        "make": lambda _: Tables(),
        "writes": (),
        "reads": (),
        "tables": KV.tables,
        "state": iter,
        "check": bool,
    }
    return Family(**{**whole, **parts})


@pytest.mark.parametrize("part", ["tables", "state", "check"])
def test_a_family_that_makes_tables_says_what_becomes_of_them(part: str) -> None:
    defaults = {"tables": (), "state": Family.state, "check": Family.check}
    with pytest.raises(FamilyFault, match=f"family odd makes tables, but says nothing of their {part}"):
        without(**{part: defaults[part]})


def test_a_family_that_writes_in_transactions_lends_rows() -> None:
    with pytest.raises(FamilyFault, match="lends no rows"):
        without(operations=KV.operations)


def test_a_query_without_scopes_is_refused() -> None:
    read = KV.reads[0]
    with pytest.raises(TypeError, match="scopes"):
        Read(read.query, read.answer, read.version, guard=read.guard)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("parts", "twice"),
    [
        ({"name": "kv", "tables": DATA[1].tables}, "the name kv"),
        ({}, "the table kv"),
        ({"tables": DATA[1].tables, "reads": KV.reads}, "the query GetKey"),
        ({"tables": DATA[1].tables, "writes": KV.writes}, "the command PutKey"),
        ({"tables": DATA[1].tables, "operations": KV.operations, "lend": KV.lend}, "the verb set of kv"),
        ({"tables": DATA[1].tables, "shapes": KV.shapes}, "the shape of Entries"),
        ({"tables": DATA[1].tables, "cuts": (SliceRule(kv.Entries, "entries", len),)}, "the answer Entries"),
    ],
)
def test_two_families_do_not_claim_the_same(parts: dict[str, Any], twice: str) -> None:
    with pytest.raises(FamilyFault, match=f"{twice} is claimed twice"):
        Families((KV, without(**parts)))
