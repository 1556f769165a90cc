"""/v1/snapshot at the doorway: what is asked of which actor, and what becomes of the answers."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from zlib import crc32

import ormsgpack
import pytest

from lictor_actors.roles.api.snapshot import PART_BYTES
from lictor_actors.store.snapshot.archive import ArchiveReader, ArchiveWriter
from lictor_actors.store.snapshot.frames import MARK, Header, framed, pack_header, pack_row, pack_trailer
from lictor_actors.store.snapshot.freeze import START, encode, freeze
from lictor_actors.store.store import Store
from lictor_messages.answers import Written
from lictor_messages.envelope import Envelope
from lictor_messages.host import Undeliverable
from lictor_messages.kv import PutKey
from lictor_messages.refusals import Refused
from lictor_messages.snapshots import (
    OpenSnapshot,
    ReadSnapshot,
    RestoreStaged,
    SnapshotOpened,
    SnapshotSlice,
    StageRestore,
)

SERVER = "server@s2.dc1"
OPENED = SnapshotOpened(
    index=12, id="2-12-1700000000000", server=SERVER, term=2, at_ns=1_700_000_000_000_000_000, last_contact_ms=3
)


def snapshot(keys):
    """Of a store with so many values; each makes a part of a restore and a little more."""
    store = Store()
    for number in range(keys):
        store.apply(number + 1, number + 1, PutKey(key=f"k{number}", value=bytes(PART_BYTES)))
    data, place = encode(freeze(store), START, 1 << 30)
    assert place is None
    return data


def rows(table, *rows):
    """A snapshot of these rows, its checksum right, though they may not be."""
    data = pack_header(Header(1, 0, ((table, len(rows)),))) + b"".join(rows)
    return data + pack_trailer(crc32(data))


STATE = snapshot(2)


def archive(state=STATE, **meta):
    writer = ArchiveWriter()
    writer.add(state)
    return writer.finish(meta, 0)


def flipped(archive, at):
    return archive[:at] + bytes([archive[at] ^ 0xFF]) + archive[at + 1 :]


@pytest.fixture
def opened(desk):
    """A snapshot that was opened; the desk lets requests go to its server."""
    post = desk._post
    desk._post = lambda e: desk.asked.append(e) if e.target == SERVER else post(e)
    request = desk.http("GET", "/v1/snapshot")
    desk.answer(OPENED)
    return request


def test_slices_are_asked_of_the_server_that_took_the_picture(desk, opened, header):
    assert desk.asked[0].body == OpenSnapshot()
    assert (desk.asked[1].target, desk.upstream()) == (SERVER, ReadSnapshot(id=OPENED.id, consistency="stale"))
    desk.answer(SnapshotSlice(data=b"one", row=5, check=77))
    assert desk.upstream() == ReadSnapshot(id=OPENED.id, row=5, check=77, consistency="stale")
    desk.answer(SnapshotSlice(data=b"two", done=True))
    answer = desk.answers[opened]
    assert b"".join(ArchiveReader(answer.body).state(100)) == b"onetwo"
    assert [header(answer, f"X-Consul-{name}") for name in ("Index", "KnownLeader", "LastContact")] == [
        "12",
        "true",
        "3",
    ]


def test_a_slice_that_was_lost_on_the_way_is_asked_for_again(desk, opened):
    desk.answer(SnapshotSlice(data=b"one", row=5, check=77))
    lost = desk.asked[-1]
    notice = Undeliverable(request=lost.request, target=SERVER, about="", reason="no_pipe")
    desk.take(notice, Envelope("host@n1.dc1", "gateway@n1.dc1", notice, request=lost.request))
    desk.pass_time(1)
    assert desk.asked[-1] is not lost
    assert (desk.asked[-1].target, desk.upstream()) == (SERVER, lost.body)
    desk.answer(SnapshotSlice(data=b"two", done=True))
    assert b"".join(ArchiveReader(desk.answers[opened].body).state(100)) == b"onetwo"


def test_a_picture_that_is_gone_is_an_error_in_words(desk, opened):
    desk.answer(Refused(code="Invalid", text="the snapshot x is not kept any more: take another one"))
    answer = desk.answers[opened]
    assert (answer.status, answer.body) == (500, b"the snapshot x is not kept any more: take another one")


def test_a_client_that_hangs_up_ends_the_reading(desk, opened):
    desk.gone(opened)
    asked = len(desk.asked)
    desk.answer(SnapshotSlice(data=b"one", row=5, check=77))
    assert len(desk.asked) == asked


@pytest.mark.parametrize(("query", "mode"), [("stale", "stale"), ("consistent", "consistent"), ("", "default")])
def test_consistency_goes_with_the_question(desk, query, mode):
    desk.http("GET", f"/v1/snapshot?{query}")
    assert desk.upstream().consistency == mode


def test_a_snapshot_never_blocks_on_an_index(desk):
    desk.http("GET", "/v1/snapshot?index=7&wait=10s")
    assert desk.upstream() == OpenSnapshot()


def test_parts_follow_one_another_and_the_last_command_names_the_whole(desk):
    request = desk.http("PUT", "/v1/snapshot", archive())
    parts = []
    while isinstance(desk.upstream(), StageRestore):
        parts.append(desk.upstream())
        desk.answer(Written(index=9))
    assert [part.part for part in parts] == [0, 1, 2]
    assert len({part.id for part in parts}) == 1
    assert b"".join(part.data for part in parts) == STATE
    reader = ArchiveReader(archive())
    assert list(reader.state(1 << 20)) == [STATE]
    assert desk.upstream() == RestoreStaged(id=parts[0].id, parts=3, digest=reader.state_sum)
    assert request not in desk.answers
    desk.answer(Written(index=10))
    assert (desk.answers[request].status, desk.answers[request].body) == (200, b"")


def test_a_part_whose_fate_is_unknown_is_sent_again(desk):
    desk.http("PUT", "/v1/snapshot", archive())
    first = desk.upstream()
    desk.answer(Refused(code="LeadershipLost"))
    desk.pass_time(1)
    assert len(desk.asked) == 2
    assert desk.upstream() == first


def test_a_refused_restore_is_said_as_it_is(desk):
    request = desk.http("PUT", "/v1/snapshot", archive(snapshot(0)))
    desk.answer(Written(index=9))
    desk.answer(Refused(code="Invalid", text="failed to restore snapshot: another restore took its place"))
    answer = desk.answers[request]
    assert (answer.status, answer.body) == (500, b"failed to restore snapshot: another restore took its place")


LARGE = archive(snapshot(9))
"""Its damage, below, is far behind what the first part holds."""
NAMELESS = rows("kv", pack_row({"key": "k"}), pack_row({"value": b"no key"}))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"junk", "failed to decompress snapshot: unexpected EOF"),
        (b"\x1f\x8b", "failed to decompress snapshot: unexpected EOF"),
        (b"no archive", "failed to decompress snapshot: gzip: invalid header"),
        (b"", "failed to decompress snapshot: EOF"),
        (LARGE[:-10], "failed to read snapshot file: unexpected EOF"),
        (flipped(LARGE, -6), "failed to decompress snapshot: Error -3 while decompressing data: incorrect data check"),
        (LARGE + b"more", "failed to decompress snapshot: Error -3 while decompressing data: incorrect header check"),
        (archive(Version=7), "failed to restore snapshot: unsupported snapshot version 7"),
        (archive(b"another program's state"), "failed to restore snapshot: this is no snapshot of a Lictor store"),
        (archive(b""), "failed to restore snapshot: the snapshot is cut short"),
        (archive(snapshot(9)[:-1]), "failed to restore snapshot: the snapshot is cut short"),
        (archive(flipped(snapshot(9), -2)), "failed to restore snapshot: the snapshot is damaged: its checksum"),
        (
            archive(rows("kv", framed(b"\xc1"))),
            "failed to restore snapshot: the snapshot is damaged: a row of kv cannot",
        ),
        (archive(NAMELESS), "failed to restore snapshot: the snapshot is damaged: a row of kv does not fit"),
        (
            archive(rows("indexes", pack_row(["table"]))),
            "failed to restore snapshot: the snapshot is damaged: a row of",
        ),
        (
            archive(rows("dreams", pack_row([]))),
            "failed to restore snapshot: the snapshot has a table that this version",
        ),
        (archive(rows("dreams")), "failed to restore snapshot: the snapshot has a table that this version"),
    ],
)
def test_a_bad_archive_is_refused_before_anybody_is_asked(desk, body, words):
    answer = desk.put("/v1/snapshot", body)
    assert (answer.status, answer.body.decode()[: len(words)]) == (500, words)
    assert desk.asked == []


def test_sums_that_do_not_match_are_refused_before_anybody_is_asked(desk):
    """Nothing else is wrong with it: gzip's checksums and the snapshot's own are right."""
    with tarfile.open(fileobj=io.BytesIO(LARGE)) as tar:
        files = {info.name: tar.extractfile(info).read() for info in tar}
    files["state.bin"] = snapshot(10)
    answer = desk.put("/v1/snapshot", archived(files))
    assert (answer.status, answer.body) == (
        500,
        b'failed checking integrity of snapshot: hash check failed for "state.bin"',
    )
    assert desk.asked == []


def archived(files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return raw.getvalue()


DEEP = "nine hundred lists"
"""Stands for them: the packer would refuse them."""


def packed(row):
    return framed(ormsgpack.packb(row).replace(ormsgpack.packb(DEEP), b"\x91" * 900 + b"\x01"))


HEAD = {"format": 1, "index": 7, "burned": 0, "tables": []}


def headed(**fields):
    """A snapshot of nothing under this header."""
    data = MARK + packed({**HEAD, **fields})
    return archive(data + pack_trailer(crc32(data)))


def member(name, **fields):
    """An archive that begins with such a file."""
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))


def with_meta(meta):
    """Sums and all, so that nothing else is wrong with it."""
    sums = f"{hashlib.sha256(meta).hexdigest()}  meta.json\n{hashlib.sha256(STATE).hexdigest()}  state.bin\n"
    return archived({"meta.json": meta, "state.bin": STATE, "SHA256SUMS": sums.encode()})


STAGED_IN_STAGED = snapshot(0)
for _ in range(2000):
    STAGED_IN_STAGED = rows("staged", pack_row(["r", 1, ""]), pack_row(STAGED_IN_STAGED))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (with_meta(b"[" * 100_000), "failed to decode snapshot metadata"),
        (with_meta(b'{"Version":' + b"[" * 1000 + b"]" * 1000 + b"}"), "unsupported snapshot version: it is no number"),
        (with_meta(b'{"Version":' + b"9" * 5000 + b"}"), "failed to decode snapshot metadata"),
        (with_meta(b'{"Version":1.0}'), "unsupported snapshot version"),
        (with_meta(b'{"Version":true}'), "unsupported snapshot version"),
        (with_meta(b'{"Version":NaN}'), "failed to decode snapshot metadata"),
        (with_meta(b'{"\xff":1}'), "failed to decode snapshot metadata"),
        (with_meta(b"null"), "it is no object"),
        (with_meta(b""), "failed to decode snapshot metadata"),
        (member("odd\udcff"), "unexpected file"),
        (member("meta.json", size=2**40), "meta.json has 1099511627776 bytes"),
        (member("state.bin", size=2**70), "state.bin has 1180591620717411303424 bytes"),
        (member("state.bin", size=-1), "bytes"),
        (gzip.compress(b"") * 30_000, "far longer than what is in it"),
        (b"".join(gzip.compress(b"\0") for _ in range(30_000)), "far longer than what is in it"),
        (headed(index=float("inf")), "its header does not fit"),
        (headed(index=2**64 - 1), "its index is 18446744073709551615"),
        (headed(index="9" * 5000), "its header does not fit"),
        (headed(index=-1), "its header does not fit"),
        (headed(format=DEEP), "its header does not fit"),
        (headed(tables=[[DEEP, 1]]), "its header does not fit"),
        (headed(tables=[["kv", True]]), "its header does not fit"),
        (headed(tables=DEEP), "its header does not fit"),
        (archive(rows("kv", framed(b"\x91" * 100_000 + b"\xc0"))), "a row of kv cannot be read"),
        (archive(rows("kv", packed({"key": DEEP}))), "a row of kv does not fit: key: Input should be"),
        (archive(rows("indexes", packed([DEEP, "", 1]))), "a row of indexes does not fit"),
        (archive(rows("indexes", pack_row(["table", "kvs", "1"]))), "a row of indexes does not fit: no index"),
        (archive(rows("tombstones", pack_row(["k", None]))), "a row of tombstones does not fit: no tombstone"),
        (archive(rows("lock-delays", pack_row(["k", 1, 1.5]))), "a row of lock-delays does not fit"),
        (archive(rows("kv", pack_row({"key": "k", "create_index": 1, "modify_index": 2**63}))), "the snapshot is of 1"),
        (
            archive(
                rows(
                    "sessions",
                    pack_row({"id": "s" * 36, "node": "n", "ttl": "x", "create_index": 1, "modify_index": 1}),
                )
            ),
            "Session TTL 'x' invalid",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "archive",
)
def test_what_would_be_wrong_for_good_never_reaches_the_log(desk, body, words):
    answer = desk.put("/v1/snapshot", body)
    assert answer.status == 500
    assert words in answer.body.decode()
    assert len(answer.body) < 400
    assert desk.asked == []


def test_snapshots_inside_snapshots_are_not_looked_into(desk):
    """What was being restored when a snapshot was taken is not restored with it."""
    desk.http("PUT", "/v1/snapshot", archive(STAGED_IN_STAGED))
    assert isinstance(desk.upstream(), StageRestore)


def test_an_archive_is_verified_a_piece_a_turn_so_that_others_are_served(desk, monkeypatch):
    monkeypatch.setattr(desk, "go_on", lambda: None)
    request = desk.http("PUT", "/v1/snapshot", LARGE)
    pieces = 1
    while desk.own:
        assert desk.asked == []
        mine = desk.own.popleft()
        desk.take(mine.body, mine)
        pieces += 1
    assert pieces > len(snapshot(9)) / PART_BYTES
    assert isinstance(desk.upstream(), StageRestore)
    assert request not in desk.answers


def test_a_client_that_hangs_up_ends_the_verifying(desk, monkeypatch):
    monkeypatch.setattr(desk, "go_on", lambda: None)
    request = desk.http("PUT", "/v1/snapshot", LARGE)
    desk.gone(request)
    mine = desk.own.popleft()
    desk.take(mine.body, mine)
    assert not desk.own
    assert desk.asked == []


def test_other_datacenters_and_methods(desk, header):
    desk.http("GET", "/v1/snapshot?dc=mars")
    assert desk.asked[-1].body.dc == "mars"
    answer = desk.answers[desk.http("DELETE", "/v1/snapshot")]
    assert (answer.status, header(answer, "Allow")) == (405, "OPTIONS,GET,PUT")


def test_a_snapshot_is_not_read_from_an_address_that_did_not_give_it(desk):
    request = desk.http("GET", "/v1/snapshot")
    elsewhere = Envelope("server@s9.dc1", "gateway@n1.dc1", OPENED, request=desk.asked[-1].request)
    desk.take(OPENED, elsewhere)
    assert len(desk.asked) == 1
    assert desk.answers[request].status == 500
