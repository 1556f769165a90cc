"""Snapshots of the store: frozen in one turn, encoded in slices, thawed whole or refused."""

import math
import zlib

import ormsgpack
import pytest
from mesh_root import ROOT

from lictor_actors.store.dedup import ROW_OUTCOMES
from lictor_actors.store.fold import BoundFunctions
from lictor_actors.store.snapshot.frames import FORMAT, MARK, Header, framed, pack_header, pack_row, pack_trailer
from lictor_actors.store.snapshot.freeze import (
    START,
    Cursor,
    Picture,
    SnapshotRefused,
    Thaw,
    encode,
    freeze,
    survey,
    thaw,
)
from lictor_actors.store.snapshot.thaw import Trial
from lictor_actors.store.store import Store
from lictor_messages.acl import (
    AclLink,
    AclPolicy,
    AclRole,
    AclToken,
    BootstrapAcls,
    PutAclPolicy,
    PutAclRole,
    PutAclToken,
)
from lictor_messages.answers import Written
from lictor_messages.auth_methods import (
    AuthMethod,
    BindingRule,
    BindLogin,
    Claims,
    MethodConfig,
    PutAuthMethod,
    PutBindingRule,
)
from lictor_messages.catalog import ListNodes, ListServiceHealth
from lictor_messages.connect_ca import SetRoot
from lictor_messages.coordinates import Coordinate, NodeCoordinate, PutCoordinates
from lictor_messages.kv import GetKey, ListKeys, PutKey, ReapTombstones
from lictor_messages.queries import CreatePreparedQuery, PreparedQuery, QueryTemplate, ServiceQuery
from lictor_messages.sessions import CreateSession, DestroySession, SessionRecord
from lictor_messages.snapshots import StageRestore

ONE, TWO = (f"5e551011-0000-0000-0000-00000000000{number}" for number in (1, 2))
SECOND = 1_000_000_000


def slices(store, most=64):
    place, data = START, []
    picture = freeze(store)
    while place is not None:
        piece, place = encode(picture, place, most)
        data.append(piece)
    return data


def whole(store):
    return b"".join(slices(store, 1 << 20))


@pytest.fixture
def full(log):
    """Something of everything."""
    log.node("n1", id="8e3f0000-0000-0000-0000-000000000001", meta={"a": "b"})
    log.node("N2")
    log.service("n1", "web", tags=("a",), port=80)
    log.service("N2", "Web", id="w2")
    log.check("n1", "alive")
    log.check("n1", "of-web", "critical", service_id="web")
    log.service("n1", "gone")
    log.deregister("n1", service_id="gone")
    log.ok(PutCoordinates(coordinates=(NodeCoordinate(node="N2", coord=Coordinate(error=0.5)),)))
    log.ok(SetRoot(root=ROOT))
    for number in range(20):
        log.put(f"k/{number}", b"x" * number, flags=number)
    log.put("k\u00fc", b"\x00\xff")
    log.check("n1", "mood")
    for session in (ONE, TWO):
        log.ok(CreateSession(session=SessionRecord(id=session, node="n1", node_checks=("mood",), lock_delay_ns=SECOND)))
        log.put(f"locked by {session}", acquire=session)
    template = QueryTemplate(type="name_prefix_match")
    for number, extra in enumerate([{"name": "q", "session": TWO}, {"name": "t-", "template": template}]):
        query = PreparedQuery(id=f"{number:036}", service=ServiceQuery(service="web"), **extra)
        log.ok(CreatePreparedQuery(query=query))
    log.ok(BootstrapAcls(token=AclToken(accessor_id=ONE, secret_id=TWO)))
    log.ok(PutAclPolicy(policy=AclPolicy(id=ONE, name="p", rules='key_prefix "" { policy = "read" }'), new=True))
    log.ok(PutAclRole(role=AclRole(id=TWO, name="r", policies=(AclLink(name="p"),)), new=True))
    bearer = AclToken(accessor_id=TWO, secret_id=ONE, roles=(AclLink(name="r"),), expiration_ns=1 << 62)
    log.ok(PutAclToken(token=bearer, new=True))
    config = MethodConfig(jwks_url="https://x", claim_mappings={"sub": "user"})
    log.ok(PutAuthMethod(method=AuthMethod(name="m", type="jwt", config=config)))
    rule = BindingRule(id=ONE, auth_method="m", bind_type="service", bind_name="${value.user}")
    log.ok(PutBindingRule(rule=rule, new=True))
    login = AclToken(
        accessor_id="5e551011-0000-0000-0000-000000000003",
        secret_id="5e551011-0000-0000-0000-000000000003",
        auth_method="m",
    )
    claims = Claims(values={"user": "web"})
    log.ok(BindLogin(token=login, method_index=log.index - 1, claims=claims, datacenter="dc1"))
    log.ok(DestroySession(id=ONE))
    log.delete("k/2")
    log.ok(ReapTombstones(upto=log.index))
    log.delete("k/3")
    log.delete("k/1", recurse=True)
    log.store.apply_once(log.index + 1, 5, "gateway@n1.dc1", "r1", PutKey(key="once"))
    log.store.apply_once(log.index + 2, 6, "gateway@n1.dc1", "r2", PutKey(key="lost", cas=1))
    log.store.apply(log.index + 3, 7, StageRestore(id="s", part=0, data=b"LICT"))
    log.index += 3
    return log


def test_what_is_thawed_is_what_was_frozen(full):
    again = thaw(slices(full.store))
    again.check()
    assert again.digest() == full.store.digest()
    assert again.applied == full.store.applied


@pytest.mark.parametrize(
    "query",
    [GetKey(key="k/7"), GetKey(key="k/3"), ListKeys(prefix="k/"), ListKeys(prefix="k/1"), ListNodes()]
    + [ListServiceHealth(service=name) for name in ("web", "gone", "never")],
)
def test_every_answer_and_its_index_are_the_same(full, query):
    again = thaw(slices(full.store))
    assert again.evaluate(query) == full.store.evaluate(query)
    assert again.version(query) == full.store.version(query)


def test_the_next_commands_have_the_same_outcomes(full):
    again = thaw(slices(full.store))
    for number, command in enumerate([PutKey(key="k/3"), PutKey(key="k/7", value=b"x" * 7, flags=7)]):
        at = full.index + 1 + number
        assert again.apply(at, at, command) == full.store.apply(at, at, command)
    assert again.digest() == full.store.digest()


def test_a_retry_is_answered_with_its_first_outcome_after_a_thaw(full):
    again = thaw(slices(full.store))
    retried = again.apply_once(full.index + 1, 8, "gateway@n1.dc1", "r1", PutKey(key="once", value=b"no"))
    assert retried.index == full.index - 2
    assert again.evaluate(GetKey(key="once")).entries[0].value == b""
    assert not again.apply_once(full.index + 2, 8, "gateway@n1.dc1", "r2", PutKey(key="lost", cas=0)).ok


def test_many_outcomes_share_a_row_and_all_come_back():
    store, again = Store(), Store()
    for number in range(2000):
        store.apply_once(number + 1, number, "gateway@n1.dc1", f"r{number}", PutKey(key="k", cas=number % 3))
    rows = store.dedup.rows()
    assert len(rows) == 1 + math.ceil(2000 / ROW_OUTCOMES)
    for row in ormsgpack.unpackb(ormsgpack.packb(list(rows), option=ormsgpack.OPT_SERIALIZE_PYDANTIC)):
        again.dedup.load(row)
    assert list(again.dedup) == list(store.dedup)


def test_outcomes_of_an_older_snapshot_have_a_row_each():
    store = Store()
    for row in (["now", 5, 5], [0, "gateway@n1.dc1\0r1", 7], [0, "gateway@n1.dc1\0r2", -8]):
        store.dedup.load(row)
    assert store.dedup.first_outcome("gateway@n1.dc1", "r1", 5) == Written(index=7)
    assert store.dedup.first_outcome("gateway@n1.dc1", "r2", 5) == Written(ok=False, index=8)


def test_an_empty_store_has_a_snapshot_too():
    assert thaw(slices(Store())).digest() == Store().digest()


def test_a_picture_does_not_change_with_its_store(full):
    picture, before = freeze(full.store), full.store.digest()
    first, place = encode(picture, START, 200)
    full.put("k/7", b"later")
    full.deregister("n1")
    rest = []
    while place is not None:
        piece, place = encode(picture, place, 200)
        rest.append(piece)
    assert thaw([first, *rest]).digest() == before


def test_the_same_place_gives_the_same_slice_again(full):
    picture = freeze(full.store)
    _, place = encode(picture, START, 100)
    assert isinstance(place, Cursor)
    assert encode(picture, place, 100) == encode(picture, place, 100)


def test_a_slice_costs_what_is_in_it_not_what_came_before():
    touched = []

    class Rows(tuple):
        def __iter__(self):
            return (self[number] for number in range(len(self)))

        def __getitem__(self, number):
            touched.append(number)
            return super().__getitem__(number)

    picture = Picture(Header(1, 0, (("kv", 1000),)), (Rows(range(1000)),))
    encode(picture, Cursor(900, 0), 5 * len(pack_row(900)))
    assert touched == [900, 901, 902, 903, 904]


@pytest.mark.parametrize("most", [1, 100, 1000])
def test_slices_are_as_long_as_asked_for_up_to_one_row(full, most):
    rows = sum(len(rows) for rows in freeze(full.store).tables)
    pieces = slices(full.store, most)
    assert b"".join(pieces) == whole(full.store)
    assert max(map(len, pieces)) < most + 500
    assert len(pieces) == rows if most == 1 else len(pieces) < rows


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_bytes_come_in_pieces_of_any_size(full, size):
    data, into = whole(full.store), Thaw(Store())
    for start in range(0, len(data), size):
        into.feed(data[start : start + size])
    assert into.finish().digest() == full.store.digest()


@pytest.mark.slow
def test_every_flipped_byte_is_noticed(full):
    data = whole(full.store)
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 0x10
        with pytest.raises(SnapshotRefused):
            thaw([bytes(damaged)])


@pytest.mark.slow
def test_every_cut_is_noticed(full):
    data = whole(full.store)
    for at in range(len(data)):
        with pytest.raises(SnapshotRefused):
            thaw([data[:at]])


@pytest.mark.parametrize("tail", [b"\0", b"\0" * 8, framed(b"more")])
def test_what_follows_the_end_is_refused(full, tail):
    with pytest.raises(SnapshotRefused, match="goes on after its end"):
        thaw([whole(full.store) + tail])


def test_other_bytes_are_refused_at_once():
    with pytest.raises(SnapshotRefused, match="no snapshot of a Lictor store"):
        Thaw(Store()).feed(b"PK")


@pytest.mark.slow
def test_a_trial_refuses_what_a_thaw_refuses_and_nothing_else(full):
    """Whatever byte is changed, and the checksum made right again: rows that are no rows, or of no known kind.

    What only all rows together show, the store sees that has them all.
    """
    good = whole(full.store)[:-8]
    refused = 0
    for at in range(len(good)):
        body = good[:at] + bytes([good[at] ^ (0x01, 0x20, 0x80, 0xFF)[at % 4]]) + good[at + 1 :]
        data = body + pack_trailer(zlib.crc32(body))
        expected = refuses(Thaw(Store(), foreign=True), data)
        assert bool(refuses(Trial(Store), data)) == (bool(expected) and "contradicts itself" not in expected), at
        refused += bool(expected)
    assert len(good) / 3 < refused < len(good)


def refuses(reader, data):
    try:
        for start in range(0, len(data), 1000):
            reader.feed(data[start : start + 1000])
        reader.finish()
    except SnapshotRefused as refused:
        return str(refused)
    return ""


def snapshot_of(tables, *rows):
    data = pack_header(Header(7, 0, tables)) + b"".join(map(pack_row, rows))
    return data + pack_trailer(zlib.crc32(data))


@pytest.mark.parametrize("rows", [(), ({"a": 1},)])
def test_an_unknown_table_is_refused_by_name(rows):
    with pytest.raises(SnapshotRefused, match="does not know: parrots"):
        thaw([snapshot_of((("parrots", len(rows)),), *rows)])


def test_unknown_fields_are_ignored():
    entry = {"key": "k", "value": b"v", "modify_index": 7, "create_index": 7, "colour": "red"}
    tables = (("indexes", 1), ("kv", 1), ("tombstones", 1))
    store = thaw([snapshot_of(tables, ["table", "kvs", 7, "new"], entry, ["gone", 6, "new"])])
    assert store.evaluate(GetKey(key="k")).entries[0].value == b"v"
    assert store.kv.tombstones["gone"] == 6


def test_a_table_that_is_not_there_is_empty():
    assert thaw([snapshot_of(())]).evaluate(ListNodes()).nodes == ()


def test_a_row_that_does_not_fit_is_refused_by_its_table():
    with pytest.raises(SnapshotRefused, match="a row of kv does not fit"):
        thaw([snapshot_of((("kv", 1),), {"value": b"no key"})])


def test_another_format_is_refused_by_its_number():
    import ormsgpack

    header = MARK + framed(ormsgpack.packb({"format": FORMAT + 1}))
    with pytest.raises(SnapshotRefused, match=f"has format {FORMAT + 1}"):
        thaw([header])


def test_a_survey_counts_rows_and_bytes(full):
    header, tables = survey(whole(full.store))
    found = {table.name: table for table in tables}
    assert header.index == full.store.applied
    assert [table.name for table in tables] == [filed.table.name for filed in full.store.tables()]
    assert found["kv"].rows == len(full.store.kv.entries)
    assert found["kv"].bytes == sum(len(pack_row(entry)) - 4 for entry in full.store.kv.entries.values())
    assert found["nodes"].rows == 2


# -- nothing is forgotten ---------------------------------------------------------

NOT_IN_A_SNAPSHOT = {
    "applied": "in the header",
    "burned": "in the header",
    "replaced": "counts what happened to this object",
    "catalog.dependants": "who is told: sessions and coordinates",
    "catalog.distance_from": "a function",
    "clock.now": "set before each use",
    "indexes.touched": "for watches, which do not survive",
    "sessions.on_end": "who is told: the queries",
    "sessions._opened": "news for the leader, who starts anew with every snapshot",
    "sessions.ttl_min_ns": "an option of the servers",
    "queries.session_fault": "a function",
    "staged._now": "set before each use",
    "staged._empty": "a function",
    "_checked": "what was last checked",
} | dict.fromkeys(("_writes", "admits", "_reads", "_versions", "performs", "names"), "functions")


def parts_of(value):
    """Name → value of an object's attributes, slotted or not."""
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return {name: getattr(value, name) for name in slots} | getattr(value, "__dict__", {})


def is_part(value):
    """An object of the store's own, not a value, a record or functions in it."""
    ours = type(value).__module__.startswith("lictor_actors.store")
    return ours and not hasattr(value, "model_fields") and not isinstance(value, tuple | BoundFunctions | Thaw)


def attributes(value, seen, prefix=""):
    """Dotted names of all attributes down to those that are no parts; each part once, where it is met first."""
    own = [part for part in parts_of(value).values() if is_part(part) and not any(part is other for other in seen)]
    seen.extend(own)
    for name, part in parts_of(value).items():
        if not is_part(part):
            yield prefix + name
        elif any(part is one for one in own):
            yield from attributes(part, seen, f"{prefix}{name}.")


def covered(store):
    """Dotted names of the attributes that some table covers."""
    names = {id(part): name for name, part in parts_of(store).items()}
    for filed in store.tables():
        for path in filed.table.covers:
            yield f"{names[id(filed.holder)]}.{path}"


def test_every_attribute_of_the_store_is_in_a_snapshot_or_has_a_reason_not_to_be():
    store = Store()
    assert sorted(attributes(store, [store])) == sorted([*covered(store), *NOT_IN_A_SNAPSHOT])


def resolved(store, path):
    for name in path.split("."):
        store = getattr(store, name)
    return store


def test_every_attribute_that_is_covered_comes_back(full):
    again = thaw(slices(full.store))
    for path in covered(full.store):
        was, now = resolved(full.store, path), resolved(again, path)
        assert was or path in ("staged._refused", "staged.restored"), (
            f"{path} is empty: let the fixture full write to it"
        )
        if hasattr(was, "hexdigest"):
            assert was.hexdigest() == now.hexdigest()
        elif not isinstance(was, Thaw):
            assert was == now, path
