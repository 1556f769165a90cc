"""Snapshots that clients bring, with odd values in their rows: refused, or a state with which servers can go on."""

from __future__ import annotations

import copy
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.roles.server.leader.session_timers import ttl_ns
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.snapshot.frames import (
    FrameReader,
    Header,
    SnapshotRefused,
    pack_header,
    pack_row,
    pack_trailer,
)
from lictor_actors.store.snapshot.freeze import START, encode, freeze, thaw
from lictor_actors.store.snapshot.thaw import Thaw, Trial
from lictor_actors.store.store import Store
from lictor_messages.autopilot import AutopilotConfiguration, SetAutopilotConfiguration
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import (
    CheckRecord,
    Deregister,
    ListChecksInState,
    ListNodes,
    ListNodeServices,
    ListServiceHealth,
    ListServices,
    NodeRecord,
    Register,
    ServiceRecord,
)
from lictor_messages.kv import DeleteKey, ListKeys, PutKey
from lictor_messages.queries import (
    CreatePreparedQuery,
    DeletePreparedQuery,
    ExecutePreparedQuery,
    ListPreparedQueries,
    PreparedQuery,
    ServiceQuery,
)
from lictor_messages.sessions import CreateSession, DestroySession, ListSessions, SessionRecord

SESSION, QUERY = "0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002"
OTHER = "0a1b2c3d-0000-4000-8000-000000000003"
NODE = NodeRecord(node="n1", address="10.0.0.1", id="8e3f0000-0000-0000-0000-000000000001", meta=FrozenMap(k="v"))
WEB = ServiceRecord(node="n1", id="w1", service="web", tags=("a",), port=80)
CHECKS = (
    CheckRecord(node="n1", check_id="serfHealth", name="s", status="passing"),
    CheckRecord(node="n1", check_id="c1", name="c", status="passing", service_id="w1"),
)
REGISTER = Register(node=NODE, service=WEB, checks=CHECKS)
BEFORE = (
    REGISTER,
    Register(node=NodeRecord(node="n2", address="10.0.0.2")),
    CreateSession(session=SessionRecord(id=SESSION, node="n1", ttl="10s", node_checks=("serfHealth", "c1"))),
    PutKey(key="a/b", value=b"v", flags=7),
    PutKey(key="lock", value=b"v", acquire=SESSION),
    PutKey(key="gone", value=b"v"),
    DeleteKey(key="gone"),
    CreatePreparedQuery(query=PreparedQuery(id=QUERY, name="q", session=SESSION, service=ServiceQuery(service="web"))),
    SetAutopilotConfiguration(configuration=AutopilotConfiguration(min_quorum=3)),
)
AFTER = (
    PutKey(key="a/b", value=b"w"),
    PutKey(key="lock", value=b"x", release=SESSION),
    PutKey(key="lock", value=b"x", acquire=SESSION),
    DeleteKey(key="a", recurse=True),
    Register(node=NODE, checks=(CHECKS[1].model_copy(update={"status": "critical"}),)),
    REGISTER,
    CreateSession(session=SessionRecord(id=OTHER, node="n1", ttl="10s", node_checks=("serfHealth",))),
    PutKey(key="lock", value=b"x", acquire=OTHER),
    DestroySession(id=SESSION),
    DeletePreparedQuery(id=QUERY),
    SetAutopilotConfiguration(configuration=AutopilotConfiguration(), cas=9),
    Deregister(node="n1", service_id="w1"),
    Deregister(node="n2"),
    Deregister(node="n1"),
    DestroySession(id=OTHER),
    DeleteKey(key="", recurse=True),
)
ASKED = (
    ListKeys(prefix="", rendered=True),
    ListNodes(rendered=True),
    ListServices(rendered=True),
    ListNodeServices(node="n1"),
    ListServiceHealth(service="web"),
    ListChecksInState(state="any"),
    ListSessions(),
    ListPreparedQueries(),
    ExecutePreparedQuery(name_or_id="q"),
)


def full() -> Store:
    store = Store()
    for number, command in enumerate(BEFORE, 1):
        store.apply_once(number, number, "asker", f"r{number}", command)
    return store


def rows_of(store: Store) -> list[tuple[str, object]]:
    data, place = encode(freeze(store), START, 1 << 30)
    assert place is None
    return [(table, row) for table, row, _ in FrameReader().feed(data)]


ROWS = rows_of(full())
INDEX = full().applied
NUMBERS = [None, True, False, 0, 1, -1, 2, 5, 10**6, 2**63 - 1, 2**63, 2**64 - 1, -(2**63), 0.5]
NUMBERS += [float("inf"), float("nan")]
TEXTS = ["", "x", "10s", "-1s", "passing", "critical", "n1", "n2", "N1", "w1", "web", "c1", "serfHealth", "delete"]
TEXTS += ["release", SESSION, QUERY, OTHER, "table", "service", "kvs", "name_prefix_match", "(", "${", "\0"]
ODD = st.sampled_from([*NUMBERS, *TEXTS, b"", b"x", [], {}, [[]], {"a": 1}, [1], ["a"]])


def packed(rows: list[tuple[str, object]], index: int) -> bytes:
    counts: dict[str, int] = {}
    for table, _ in rows:
        counts[table] = counts.get(table, 0) + 1
    data = pack_header(Header(index, 0, tuple(counts.items()))) + b"".join(pack_row(row) for _, row in rows)
    return data + pack_trailer(crc32(data))


def places(value: object) -> list[tuple[object, object]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in pairs for place in ((value, key), *places(inner))]


@st.composite
def odd_snapshots(draw: st.DrawFn) -> bytes:
    rows = copy.deepcopy(ROWS)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(rows) - 1))
        match draw(st.integers(0, 5)):
            case 0:
                del rows[at]
            case 1:
                rows.insert(at, copy.deepcopy(rows[at]))
            case 2:
                rows[at] = (rows[at][0], draw(ODD))
            case _:
                holders = places(rows[at][1])
                if holders:
                    holder, key = draw(st.sampled_from(holders))
                    holder[key] = draw(ODD)
    return packed(rows, draw(st.sampled_from([INDEX, INDEX, INDEX, 0, 5, 2**62, 2**63])))


def goes_on(store: Store) -> None:
    """Whatever a server does with its state."""
    store.check()
    for session in store.sessions:
        ttl_ns(session)
    for query in ASKED:
        try:
            store.evaluate(query)
            store.version(query)
        except QueryRefused:
            pass
    first = store.applied + 1
    for number, command in enumerate(AFTER, first):
        store.apply_once(number, number, "asker", f"after{number}", command)
        store.check()
    assert thaw([encode(freeze(store), START, 1 << 30)[0]]).digest() == store.digest()


def test_the_snapshot_as_it_was_is_taken():
    into = Thaw(Store(), foreign=True)
    into.feed(packed(ROWS, INDEX))
    goes_on(into.finish())


@given(data=odd_snapshots())
def test_what_is_taken_can_be_gone_on_with(data):
    store = taken(data)
    if store is not None:
        trial = Trial(Store)
        trial.feed(data)
        trial.finish()
        goes_on(store)


def taken(data: bytes) -> Store | None:
    into = Thaw(Store(), foreign=True)
    try:
        into.feed(data)
        return into.finish()
    except SnapshotRefused:
        return None
