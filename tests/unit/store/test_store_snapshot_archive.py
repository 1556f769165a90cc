"""The archive of a snapshot: what standard tools read, and what is refused."""

import gzip
import hashlib
import io
import json
import tarfile

import pytest

from lictor_actors.store.snapshot.archive import PIECE, ArchiveReader, ArchiveRefused, ArchiveWriter

STATE = bytes(range(256)) * 700
META = {"ID": "2-7-1", "Index": 7}


def written(state=STATE, piece=1000):
    writer = ArchiveWriter()
    for start in range(0, len(state), piece):
        writer.add(state[start : start + piece])
    return writer.finish(META, 1_700_000_000)


def read(archive, most=4096):
    reader = ArchiveReader(archive)
    return b"".join(reader.state(most)), reader


def archived(files):
    """An archive as others make it."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return raw.getvalue()


def sums(**files):
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()


def three(meta=b"{}", state=b"s", **changed):
    names = {"meta.json": meta, "state.bin": state}
    return [*names.items(), ("SHA256SUMS", sums(**(names | changed)))]


@pytest.mark.parametrize("state", [b"", b"x", b"x" * 512, STATE, bytes(3 * PIECE + 1)])
def test_what_was_written_is_read(state):
    data, reader = read(written(state))
    assert data == state
    assert reader.meta == {**META, "Size": len(state)}
    assert reader.state_sum == hashlib.sha256(state).hexdigest()


def test_standard_tools_read_it_with_consuls_names_in_consuls_order():
    with tarfile.open(fileobj=io.BytesIO(written()), mode="r:gz") as tar:
        files = {info.name: tar.extractfile(info).read() for info in tar}
        assert [info.mtime for info in tar.getmembers()] == [1_700_000_000] * 3
    assert list(files) == ["meta.json", "state.bin", "SHA256SUMS"]
    assert files["state.bin"] == STATE
    assert json.loads(files["meta.json"]) == {**META, "Size": len(STATE)}
    assert files["SHA256SUMS"] == sums(**{name: files[name] for name in ("meta.json", "state.bin")})


def test_an_archive_of_other_tools_is_read():
    assert read(archived(three(state=b"from elsewhere")))[0] == b"from elsewhere"


def test_the_same_pieces_give_the_same_archive():
    assert written() == written()


def test_pieces_have_the_size_asked_for():
    sizes = [len(piece) for piece in ArchiveReader(written()).state(1000)]
    assert set(sizes[:-1]) == {1000}
    assert sum(sizes) == len(STATE)


DAMAGED = gzip.compress(STATE, mtime=0)[:20] + b"\xff" * 50


@pytest.mark.parametrize(
    "junk",
    [b"junk", b"\x1f\x8bjunk", b"PK\3\4", b"", DAMAGED],
    ids=["words", "gzip's first bytes", "zip", "nothing", "a damaged stream"],
)
def test_junk_fails_to_decompress_in_consuls_words(junk):
    with pytest.raises(ArchiveRefused, match=r"^failed to decompress snapshot: ."):
        read(junk)


def test_every_flipped_byte_is_noticed_or_means_nothing():
    archive, taken = written(b"state" * 50), 0
    for at in range(len(archive)):
        damaged = bytearray(archive)
        damaged[at] ^= 0x01
        try:
            data, reader = read(bytes(damaged))
        except ArchiveRefused:
            continue
        assert (data, reader.meta["Index"]) == (b"state" * 50, 7)
        taken += 1
    assert taken < len(archive) / 10, "times, systems, and other ways to write the same zeros: nothing else"


def test_every_cut_is_noticed():
    archive = written(b"state" * 50)
    for at in range(len(archive)):
        with pytest.raises(ArchiveRefused):
            read(archive[:at])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (three()[1:], 'file missing for "meta.json"'),
        ([three()[0], three()[2]], 'file missing for "state.bin"'),
        (three()[:2], 'list missing hash for "meta.json"'),
        (three(**{"state.bin": b"other"}), 'hash check failed for "state.bin"'),
        (three(**{"meta.json": b"other"}), 'hash check failed for "meta.json"'),
        ([("evil.sh", b"#!"), *three()], 'unexpected file "evil.sh" in snapshot'),
        ([*three(), ("state.bin", b"again")], "state.bin is there twice"),
        (three(meta=b"not json"), "failed to decode snapshot metadata"),
        (three(meta=b"[]"), "failed to decode snapshot metadata"),
        (three(meta=b'{"Version": 2}'), "unsupported snapshot version 2"),
    ],
)
def test_what_is_missing_or_wrong_is_named(files, words):
    with pytest.raises(ArchiveRefused, match=words):
        read(archived(files))


def test_garbage_behind_the_archive_is_refused():
    with pytest.raises(ArchiveRefused):
        read(written() + b"more")
    with pytest.raises(ArchiveRefused, match="goes on after its end"):
        read(written() + gzip.compress(b"more"))


def test_padding_is_taken_but_not_for_ever():
    """A megabyte of gzip says a gigabyte of zeros, and they would all be read in one go."""
    assert read(written() + gzip.compress(bytes(10_240)))[0] == STATE
    with pytest.raises(ArchiveRefused, match="goes on after its end"):
        read(written() + gzip.compress(bytes(2 << 20)))


def test_a_folder_is_refused_by_its_name():
    head = tarfile.TarInfo("lost+found")
    head.type = tarfile.DIRTYPE
    with pytest.raises(ArchiveRefused, match=r'unexpected file "lost\+found" in snapshot'):
        read(gzip.compress(head.tobuf() + bytes(1024)))


def test_gzip_that_is_no_tar_is_refused():
    with pytest.raises(ArchiveRefused, match="failed to read snapshot file"):
        read(gzip.compress(b"x" * 5000))


def test_a_state_that_claims_to_be_endless_is_refused_before_it_is_read():
    info = tarfile.TarInfo("state.bin")
    info.size = 5_000_000_000
    with pytest.raises(ArchiveRefused, match="has 5000000000 bytes"):
        read(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT)))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", ["meta.json", "state.bin", "SHA256SUMS"])
def test_a_file_of_less_than_nothing_is_refused(name):
    head = bytearray(tarfile.TarInfo(name).tobuf(tarfile.USTAR_FORMAT))
    head[124:136] = b"\xff" * 12
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    with pytest.raises(ArchiveRefused, match=f"{name} has -1 bytes"):
        read(gzip.compress(bytes(head) + bytes(2048)))


def test_a_bomb_is_inflated_no_faster_than_it_is_read():
    state = bytes(64 * 1024 * 1024)
    reader = ArchiveReader(written(state, 1 << 20))
    pieces = reader.state(1024)
    next(pieces)
    assert len(reader._tar._ready) <= 2 * PIECE
