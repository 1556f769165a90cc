"""``lictor snapshot`` and ``lictor kv export|import`` against an agent that answers as it is told."""

import base64
import io
import json
import sys

import pytest

from lictor_actors.hosts.doors.http.limits import HttpLimits
from lictor_actors.store.snapshot.archive import ArchiveWriter
from lictor_actors.store.snapshot.freeze import START, encode, freeze
from lictor_actors.store.store import Store
from lictor_deploy.cli.http_api import HttpAnswer, HttpApi
from lictor_deploy.cli.snapshot import byte_size
from lictor_messages.kv import PutKey

META = {"Version": 1, "ID": "2-12-1700000000000", "Index": 12, "Term": 2}


@pytest.fixture
def archive():
    store = Store()
    for index in range(10, 13):
        store.apply(index, index, PutKey(key=f"k{index}", value=b"x" * 1000))
    state, place = encode(freeze(store), START, 1 << 20)
    assert place is None
    writer = ArchiveWriter()
    writer.add(state)
    return writer.finish(META, 1_700_000_000)


@pytest.fixture
def file(tmp_path, archive):
    path = tmp_path / "backup.snap"
    path.write_bytes(archive)
    return path


def test_a_large_store_is_given_as_much_time_as_an_agent_gives(lictor, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(HttpApi, "ask", lambda api, *_: given.append(api.patience_s) or HttpAnswer(500, {}, b""))
    (tmp_path / "s").touch()
    lictor("snapshot", "restore", str(tmp_path / "s"))
    lictor("snapshot", "save", str(tmp_path / "s"))
    assert given == [HttpLimits().answer_s] * 2


def test_save_writes_what_the_agent_sends(lictor, agent, archive, tmp_path):
    agent.on("GET", "/v1/snapshot", archive)
    file = tmp_path / "new.snap"
    assert lictor("snapshot", "save", str(file)) == (0, "Saved and verified snapshot to index 12\n", "")
    assert file.read_bytes() == archive
    assert agent.asked[0].target == "/v1/snapshot"
    assert list(tmp_path.glob(".*")) == []
    assert file.stat().st_mode & 0o777 == 0o600, "it holds the secrets of all tokens"


def test_save_takes_consuls_flags(lictor, agent, archive, tmp_path):
    agent.on("GET", "/v1/snapshot", archive)
    assert lictor("snapshot", "save", "-stale", "-datacenter=dc2", str(tmp_path / "s")).status == 0
    assert agent.asked[0].target == "/v1/snapshot?dc=dc2&stale="


def test_a_damaged_download_leaves_the_old_file_alone(lictor, agent, archive, tmp_path):
    agent.on("GET", "/v1/snapshot", archive[:-20])
    file = tmp_path / "old.snap"
    file.write_bytes(b"older")
    ran = lictor("snapshot", "save", str(file))
    assert ran.status == 1
    assert "Error verifying snapshot" in ran.err
    assert file.read_bytes() == b"older"


def test_save_says_what_the_agent_refused(lictor, agent, tmp_path):
    agent.on("GET", "/v1/snapshot", b"No cluster leader", status=500)
    assert lictor("snapshot", "save", str(tmp_path / "s")).err == "Unexpected response code: 500 (No cluster leader)\n"
    assert list(tmp_path.iterdir()) == []


def test_save_to_where_nothing_can_be_written_is_a_sentence(lictor, agent, archive, tmp_path):
    agent.on("GET", "/v1/snapshot", archive)
    ran = lictor("snapshot", "save", str(tmp_path / "none" / "s"))
    assert (ran.status, ran.err) == (1, f"Error writing snapshot file: {tmp_path}/none/s: No such file or directory\n")


def test_restore_sends_the_file_as_it_is(lictor, agent, archive, file):
    agent.on("PUT", "/v1/snapshot", b"")
    assert lictor("snapshot", "restore", str(file)) == (0, "Restored snapshot\n", "")
    assert agent.asked[0].body == archive


def test_restore_says_what_was_refused(lictor, agent, file):
    agent.on("PUT", "/v1/snapshot", b"failed to decompress snapshot: gzip: invalid header", status=500)
    assert lictor("snapshot", "restore", str(file)).err == (
        "Unexpected response code: 500 (failed to decompress snapshot: gzip: invalid header)\n"
    )


def test_restore_of_no_file_asks_nobody(lictor, agent, tmp_path):
    ran = lictor("snapshot", "restore", str(tmp_path / "none"))
    assert (ran.status, ran.err) == (1, f"Error opening snapshot file: {tmp_path}/none: No such file or directory\n")
    assert agent.asked == []


def test_inspect_shows_consuls_fields_and_counts_per_table(lictor, file):
    status, out, _ = lictor("snapshot", "inspect", str(file))
    lines = [line.split() for line in out.splitlines()]
    assert status == 0
    assert [line[0] for line in lines[:5]] == ["ID", "Size", "Index", "Term", "Version"]
    assert [lines[0][1], *(line[1] for line in lines[2:5])] == [META["ID"], "12", "2", "1"]
    assert lines[6:8] == [["Type", "Count", "Size"], ["----", "----", "----"]]
    assert lines[8][:2] == ["kv", "3"]
    assert lines[-1][0] == "Total"


def test_inspect_as_json(lictor, file):
    said = json.loads(lictor("snapshot", "inspect", "-format=json", str(file)).out)
    assert {**META, "Size": said["Meta"]["Size"]} == said["Meta"]
    assert said["Stats"][0]["Name"] == "kv"
    assert said["Stats"][0]["Count"] == 3
    assert said["TotalSize"] == sum(stat["Sum"] for stat in said["Stats"])
    assert said["TotalSize"] < said["Meta"]["Size"]


@pytest.fixture
def keys(tmp_path):
    """Keys of some depth, one of them as large as the others together."""
    return saved(tmp_path, {"app/web/a": 10, "app/web/b": 10, "app/x": 1000, "else": 1})


def saved(tmp_path, sizes):
    store = Store()
    for index, (key, size) in enumerate(sizes.items(), 10):
        store.apply(index, index, PutKey(key=key, value=b"x" * size))
    writer = ArchiveWriter()
    writer.add(encode(freeze(store), START, 1 << 20)[0])
    path = tmp_path / "keys.snap"
    path.write_bytes(writer.finish(META, 1_700_000_000))
    return str(path)


@pytest.mark.parametrize(
    ("flags", "groups"),
    [
        ([], [("app/x", 1), ("app/web", 2), ("else", 1)]),
        (["-kvdepth=1"], [("app", 3), ("else", 1)]),
        (["-kvdepth=9"], [("app/x", 1), ("app/web/a", 1), ("app/web/b", 1), ("else", 1)]),
        (["-kvfilter=app/w"], [("app/web", 2)]),
        (["-kvfilter=none"], []),
    ],
)
def test_inspect_shows_which_keys_take_the_room(lictor, keys, flags, groups):
    said = json.loads(lictor("snapshot", "inspect", "-kvdetails", "-format=json", *flags, keys).out)
    assert [(row["Name"], row["Count"]) for row in said["StatsKV"]] == groups
    assert said["TotalSizeKV"] == sum(row["Sum"] for row in said["StatsKV"])
    assert said["TotalSizeKV"] <= said["TotalSize"]
    lines = [line.split() for line in lictor("snapshot", "inspect", "-kvdetails", *flags, keys).out.splitlines()]
    place = lines.index(["Key", "Name", "Count", "Size"])
    assert [tuple(line[:2]) for line in lines[place + 2 : -2]] == [(name, str(count)) for name, count in groups]


def test_inspect_says_nothing_of_keys_unless_it_is_asked(lictor, keys):
    assert "StatsKV" not in json.loads(lictor("snapshot", "inspect", "-format=json", keys).out)


def test_inspect_refuses_a_depth_without_keys(lictor, keys):
    ran = lictor("snapshot", "inspect", "-kvdetails", "-kvdepth=0", keys)
    assert (ran.status, ran.err) == (1, "-kvdepth=0 puts no keys together: give at least 1.\n")


@pytest.mark.parametrize(
    ("wanted", "leads", "name"),
    [
        ("status,version,node,dc", "true", "b-1.22.1-dc2-n1-leader.snap"),
        ("status", "false", "b-follower.snap"),
        ("dc,status", None, "b-dc2.snap"),
    ],
)
def test_save_puts_into_the_name_what_the_agent_is(lictor, agent, archive, tmp_path, wanted, leads, name):
    config = {"Version": "1.22.1", "Datacenter": "dc2", "NodeName": "n1"}
    agent.on("GET", "/v1/agent/self", {"Config": config, "Stats": {"consul": {"leader": leads} if leads else {}}})
    agent.on("GET", "/v1/snapshot", archive)
    assert lictor("snapshot", "save", f"-append-filename={wanted}", str(tmp_path / "b.snap")).status == 0
    assert [file.name for file in tmp_path.glob("*.snap")] == [name]


def test_save_refuses_what_cannot_stand_in_a_name(lictor, agent, tmp_path):
    ran = lictor("snapshot", "save", "-append-filename=dc,colour", str(tmp_path / "b.snap"))
    assert (ran.status, agent.asked) == (1, [])
    assert "-append-filename=colour is nothing that can be appended: give version, dc, node, status" in ran.err


def test_inspect_refuses_what_is_damaged(lictor, tmp_path):
    junk = tmp_path / "junk"
    junk.write_bytes(b"no snapshot")
    ran = lictor("snapshot", "inspect", str(junk))
    assert ran.status == 1
    assert "failed to decompress snapshot: gzip: invalid header" in ran.err


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0B"), (1, "1B"), (1023, "1023B"), (1024, "1KB"), (1740, "1.7KB"), (5 << 20, "5MB")]
)
def test_sizes_for_people(size, text):
    assert byte_size(size) == text


# -- kv export and import ---------------------------------------------------------


def entry(key, value, flags=0):
    encoded = base64.b64encode(value).decode() if value else None
    return {"Key": key, "Value": encoded, "Flags": flags, "CreateIndex": 1, "ModifyIndex": 2, "LockIndex": 0}


def test_export_prints_consuls_json(lictor, agent):
    agent.on("GET", "/v1/kv/app/", [entry("app/a", b"\x00\xff", 42), entry("app/\u00fc", b"")])
    out = lictor("kv", "export", "/app/").out
    assert json.loads(out) == [
        {"key": "app/a", "flags": 42, "value": "AP8="},
        {"key": "app/\u00fc", "flags": 0, "value": ""},
    ]
    assert out.startswith('[\n\t{\n\t\t"key": "app/a",\n')
    assert agent.asked[0].target == "/v1/kv/app/?recurse="


@pytest.mark.usefixtures("agent")
def test_export_below_an_unknown_prefix_is_an_empty_list(lictor):
    assert lictor("kv", "export", "none") == (0, "[]\n", "")


PAIRS = json.dumps([{"key": "a", "flags": 7, "value": "AP8="}, {"key": "b/c", "flags": 0, "value": ""}])


@pytest.fixture
def takes(agent):
    for key in ("a", "b/c", "new/a", "new/b/c"):
        agent.on("PUT", f"/v1/kv/{key}", b"true")
    return agent


def written(agent):
    return [(asked.target, asked.body) for asked in agent.asked]


def test_import_writes_every_key_with_its_flags(lictor, takes):
    assert lictor("kv", "import", PAIRS) == (0, "Imported: a\nImported: b/c\n", "")
    assert written(takes) == [("/v1/kv/a?flags=7", b"\x00\xff"), ("/v1/kv/b/c?flags=0", b"")]


@pytest.mark.parametrize("prefix", ["new", "new/", "/new/"])
def test_import_below_a_prefix(lictor, takes, prefix):
    assert lictor("kv", "import", f"-prefix={prefix}", PAIRS).out == "Imported: new/a\nImported: new/b/c\n"
    assert written(takes)[0][0] == "/v1/kv/new/a?flags=7"


def test_import_from_a_file_and_from_standard_input(lictor, takes, tmp_path, monkeypatch):
    (tmp_path / "pairs.json").write_text(PAIRS)
    assert lictor("kv", "import", f"@{tmp_path}/pairs.json").status == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PAIRS.encode())))
    assert lictor("kv", "import", "-").status == 0
    assert len(takes.asked) == 4


def test_what_was_exported_is_what_is_imported(lictor, agent, takes):
    agent.on("GET", "/v1/kv/", [entry("a", b"\x00\xff", 2**64 - 1)])
    assert lictor("kv", "import", lictor("kv", "export").out).status == 0
    assert written(takes)[-1] == (f"/v1/kv/a?flags={2**64 - 1}", b"\x00\xff")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "Missing DATA argument"),
        ("not json", "it is no JSON (Expecting value: line 1 column 1 (char 0)). Give what `lictor kv export`"),
        ("{}", "it is no list"),
        ('[{"key":"a","value":"AA=="},{"value":"AA=="}]', "entry 2 has no key"),
        ('[{"key":"a","value":"!"}]', "Cannot base64 decode value of key a"),
        ('[{"key":"a","value":7}]', "Cannot base64 decode value of key a"),
        ('[{"key":"a","value":"AA"}]', "Cannot base64 decode value of key a"),
        ('[{"key":"a","value":true}]', "Cannot base64 decode value of key a"),
        ('[{"key":"a","value":["AA=="]}]', "Cannot base64 decode value of key a"),
        ('[{"key":"a","flags":-1}]', "the flags of a are no whole number"),
        ('[{"key":"a","flags":"1"}]', "the flags of a are no whole number"),
        ('[{"key":"a","flags":true}]', "the flags of a are no whole number"),
        ('[{"key":"a"},{"key":"\\ud800"}]', "is not valid UTF-8"),
        ("[" * 100_000, "Cannot unmarshal data: "),
    ],
)
def test_import_refuses_bad_data_before_anything_is_written(lictor, agent, data, words):
    ran = lictor("kv", "import", data)
    assert ran.status == 1
    assert words in ran.err
    assert agent.asked == []
