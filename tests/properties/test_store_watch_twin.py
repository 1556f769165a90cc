"""Watches against a slow twin that evaluates every query after every write: nobody is forgotten, nobody woken for
what others wrote, no index goes backwards, and equal versions mean equal answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_actors.store.store import Store
from lictor_actors.store.watches import Watches
from lictor_messages.catalog import (
    CheckRecord,
    Deregister,
    ListChecksInState,
    ListNodeChecks,
    ListNodes,
    ListNodeServices,
    ListServiceChecks,
    ListServiceHealth,
    ListServiceNodes,
    ListServices,
    NodeRecord,
    Register,
    ServiceRecord,
)
from lictor_messages.kv import DeleteKey, GetKey, ListKeyNames, ListKeys, PutKey

NODES = ("n1", "n2", "n3")
IDS = ("", "11111111-0000-0000-0000-000000000000", "11112222-0000-0000-0000-000000000000")
SERVICES = ("web", "db")
KEYS = ("a", "a/b", "a/b/c", "b")
RACK = (("rack", "1"),)
FIRST = 1
"""A log starts with its first leader's no-op: no command is ever at index 1, which is what an empty store answers."""

nodes = st.builds(
    NodeRecord,
    node=st.sampled_from(NODES),
    address=st.sampled_from(("10.0.0.1", "10.0.0.2")),
    id=st.sampled_from(IDS),
    meta=st.sampled_from(({}, {"rack": "1"})),
)
services = st.builds(
    ServiceRecord,
    node=st.just(""),
    id=st.sampled_from(("i1", "i2")),
    service=st.sampled_from(SERVICES),
    tags=st.sampled_from(((), ("blue",))),
    port=st.sampled_from((80, 81)),
)
checks = st.builds(
    CheckRecord,
    node=st.just(""),
    check_id=st.sampled_from(("c1", "serfHealth")),
    name=st.just("check"),
    status=st.sampled_from(("passing", "critical")),
    service_id=st.sampled_from(("", "i1", "i2")),
)
registers = st.builds(
    Register,
    node=nodes,
    skip_node_update=st.booleans(),
    service=st.one_of(st.none(), services),
    checks=st.lists(checks, max_size=2, unique_by=lambda check: check.check_id).map(tuple),
)
deregisters = st.builds(
    Deregister,
    node=st.sampled_from(NODES),
    service_id=st.sampled_from(("", "i1", "i2")),
    check_id=st.sampled_from(("", "c1", "serfHealth")),
)
keys = st.one_of(
    st.builds(PutKey, key=st.sampled_from(KEYS), value=st.sampled_from((b"1", b"2"))),
    st.builds(DeleteKey, key=st.sampled_from(KEYS), recurse=st.booleans()),
)
logs = st.lists(st.lists(st.one_of(registers, deregisters, keys), min_size=1, max_size=3), max_size=20)

KV_QUERIES = (
    *(GetKey(key=key) for key in (*KEYS, "missing")),
    *(ListKeys(prefix=prefix) for prefix in ("", "a", "a/", "a/b/", "zz")),
    ListKeyNames(prefix="a", separator="/"),
)
SERVICE_QUERIES = tuple(ListServiceHealth(service=service) for service in (*SERVICES, "missing"))
CATALOG_QUERIES = (
    *SERVICE_QUERIES,
    *(ListServiceNodes(service=service, node_meta=RACK) for service in SERVICES),
    *(ListServiceChecks(service=service) for service in SERVICES),
    ListServiceHealth(service="web", passing=True, tags=("blue",), filter="Service.Port == 80"),
    ListNodes(),
    ListNodes(node_meta=RACK),
    ListServices(),
    ListServices(node_meta=RACK),
    ListServices(filter="NodeMeta.rack == 1"),
    *(ListNodeServices(node=node) for node in (*NODES, "1111", "11112222", "nobody")),
    *(ListNodeChecks(node=node) for node in NODES),
    ListNodeChecks(node="n1", node_meta=RACK),
    *(ListChecksInState(state=state) for state in ("any", "passing", "critical", "warning")),
    ListChecksInState(state="passing", node_meta=RACK),
)
QUERIES = KV_QUERIES + CATALOG_QUERIES
EXACT = (*KV_QUERIES, *SERVICE_QUERIES, ListNodes())
"""Queries that are woken if and only if a single write changed their answer."""


def content(store, query):
    """The answer without its index."""
    if isinstance(query, ListKeyNames):  # names alone do not show that an entry under the prefix changed
        query = ListKeys(prefix=query.prefix)
    return [value for name, value in store.evaluate(query) if name != "index"]


class Observer:
    """Parks every query, and says after each batch whom the writes concerned by comparing whole answers."""

    def __init__(self):
        self.store, self.watches = Store(), Watches()
        self.parked, self.answers, self.versions = {}, {}, {}
        self.index = FIRST
        self.park_all()

    def park_all(self):
        for query in QUERIES:
            if query not in self.parked:
                answer = self.store.evaluate(query)
                assert answer.index >= max(1, self.parked.get(query, 0))
                self.parked[query] = answer.index
                self.answers[query] = content(self.store, query)
                self.watches.park(query.model_copy(update={"min_index": answer.index}), query)

    def apply(self, batch):
        """The queries whose answers a single command of the batch changed."""
        changed = []
        before = {query: content(self.store, query) for query in EXACT}
        for command in batch:
            self.index += 1
            self.store.apply(self.index, self.index, command)
            self.store.check()
            after = {query: content(self.store, query) for query in EXACT}
            changed += [query for query in EXACT if query not in changed and after[query] != before[query]]
            before = after
        return changed

    def wake(self):
        woken = []
        for query, answer, tickets in self.watches.wake(self.store):
            assert answer == self.store.evaluate(query)
            for ticket in tickets:
                assert answer.index > self.parked.pop(ticket), "woken without news"
                woken.append(ticket)
        return woken


@given(logs)
@pytest.mark.slow
def test_watchers_wake_exactly_for_what_concerns_them(log):
    observer = Observer()
    for batch in log:
        changed = observer.apply(batch)
        woken = observer.wake()
        assert len(woken) == len(set(woken))
        for query in QUERIES:
            if content(observer.store, query) != observer.answers[query]:
                assert query in woken, "a wake-up was lost"
        assert [q for q in EXACT if q in woken] == [q for q in EXACT if q in changed]
        observer.park_all()


@given(logs)
@pytest.mark.slow
def test_indexes_never_fall_and_equal_versions_mean_equal_answers(log):
    store, index, seen, known = Store(), FIRST, {}, {}
    for batch in log:
        for command in batch:
            index += 1
            store.apply(index, index, command)
            for query in QUERIES:
                answer = store.evaluate(query)
                assert answer.index >= seen.get(query, 1)
                seen[query] = answer.index
                assert known.setdefault((query, store.version(query)), answer) == answer


@given(logs)
def test_two_replicas_of_one_log_agree(log):
    digests = []
    for _ in range(2):
        store, index = Store(), 0
        for batch in log:
            for command in batch:
                index += 1
                store.apply_once(index, index * 10**9, "a", str(index % 7), command)
        digests.append(store.digest())
    assert digests[0] == digests[1]
