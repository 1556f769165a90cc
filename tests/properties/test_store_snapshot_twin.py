"""Any store and the one thawed from its snapshot are twins: they answer alike, now and after any further commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.store.snapshot.freeze import START, SnapshotRefused, encode, freeze, thaw
from lictor_actors.store.store import Store
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
from lictor_messages.kv import DeleteKey, GetKey, ListKeyNames, ListKeys, PutKey, ReapTombstones
from lictor_messages.queries import CreatePreparedQuery, ListPreparedQueries, PreparedQuery, ServiceQuery
from lictor_messages.sessions import CreateSession, DestroySession, ListSessions, SessionRecord
from lictor_messages.snapshots import StageRestore

KEYS = ("a", "a/", "a/b", "b")
NODES = ("n1", "N2")
SERVICES = ("web", "Web", "db")
SESSIONS = tuple(f"5e551011-0000-0000-0000-00000000000{number}" for number in range(3))

keys, nodes, services, sessions = map(st.sampled_from, (KEYS, NODES, SERVICES, SESSIONS))


def registered(node, service, status):
    return Register(
        node=NodeRecord(node=node, address="10.0.0.1", id=f"8e3f0000-0000-0000-0000-00000000000{NODES.index(node)}"),
        service=ServiceRecord(node="", id="", service=service),
        checks=(
            CheckRecord(node="", check_id="mood", name="mood", status=status),
            CheckRecord(node="", check_id=f"of {service}", name="", status=status, service_id=service),
        ),
    )


commands = st.lists(
    st.one_of(
        st.builds(PutKey, key=keys, value=st.binary(max_size=3), flags=st.integers(0, 2**64 - 1)),
        st.builds(PutKey, key=keys, acquire=sessions),
        st.builds(DeleteKey, key=keys, recurse=st.booleans()),
        st.builds(ReapTombstones, upto=st.integers(0, 40)),
        st.builds(registered, nodes, services, st.sampled_from(("passing", "critical"))),
        st.builds(Deregister, node=nodes, service_id=st.sampled_from(("", *SERVICES))),
        st.builds(
            lambda id, node, behavior: CreateSession(
                session=SessionRecord(id=id, node=node, node_checks=("mood",), behavior=behavior)
            ),
            sessions,
            nodes,
            st.sampled_from(("release", "delete")),
        ),
        st.builds(DestroySession, id=sessions),
        st.builds(
            lambda id, name, session: CreatePreparedQuery(
                query=PreparedQuery(id=id, name=name, session=session, service=ServiceQuery(service="web"))
            ),
            st.sampled_from(SESSIONS),
            st.sampled_from(("", "q", "r")),
            st.sampled_from(("", *SESSIONS)),
        ),
        st.builds(StageRestore, id=st.sampled_from("xy"), part=st.integers(0, 2), data=st.binary(max_size=9)),
    ),
    max_size=40,
)

QUESTIONS = (
    *(GetKey(key=key) for key in KEYS),
    *(ListKeys(prefix=prefix) for prefix in ("", "a", "a/", "c")),
    ListKeyNames(prefix="", separator="/"),
    ListNodes(),
    ListServices(),
    *(ListNodeServices(node=node) for node in NODES),
    *(ListServiceHealth(service=service) for service in ("web", "db", "none")),
    ListChecksInState(state="critical"),
    ListSessions(),
    ListPreparedQueries(),
)


def run(store, log, first):
    """The outcomes; each third request is asked twice, as a retry would."""
    outcomes = []
    for index, command in enumerate(log, first):
        outcomes.append(store.apply_once(index, index * 1_000_000_000, "asker", str(index // 3), command))
    return outcomes


def slices(store, most):
    picture, place = freeze(store), START
    while place is not None:
        data, place = encode(picture, place, most)
        yield data


@pytest.mark.slow
@given(commands, commands, st.integers(1, 2000))
def test_a_thawed_store_is_its_twins_equal(before, after, most):
    store = Store()
    run(store, before, 1)
    twin = thaw(slices(store, most))
    for log in ((), after):
        first = store.applied + 1
        assert run(twin, log, first) == run(store, log, first)
        twin.check()
        assert twin.digest() == store.digest()
        assert twin.applied == store.applied
        for question in QUESTIONS:
            assert twin.evaluate(question) == store.evaluate(question)
            assert twin.version(question) == store.version(question)


@pytest.mark.slow
@given(commands, st.data())
def test_a_damaged_snapshot_is_refused(log, data):
    store = Store()
    run(store, log, 1)
    whole = bytearray(b"".join(slices(store, 1 << 20)))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SnapshotRefused):
        thaw([bytes(whole)])
