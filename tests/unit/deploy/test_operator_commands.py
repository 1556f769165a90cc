"""lictor operator and lictor debug: what they ask an agent, and what they do to a directory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lictor_actors.hosts.disks.file import FileDisk
from lictor_actors.journal.journal import Journal
from lictor_actors.node.peers_file import apply_peers_file
from lictor_actors.raft.configuration import of_voters, unpack_forced
from lictor_actors.raft.start_over import CannotStartOver
from lictor_messages.journal import Append, Cell

CONFIGURATION = {
    "CleanupDeadServers": True,
    "LastContactThreshold": "200ms",
    "MaxTrailingLogs": 250,
    "MinQuorum": 0,
    "ServerStabilizationTime": "10s",
    "RedundancyZoneTag": "",
    "DisableUpgradeMigration": False,
    "UpgradeVersionTag": "",
    "CreateIndex": 0,
    "ModifyIndex": 12,
}
AUTOPILOT = "/v1/operator/autopilot/configuration"


def test_remove_peer(lictor, agent):
    agent.on("DELETE", "/v1/operator/raft/peer")
    ran = lictor("operator", "raft", "remove-peer", "-address=10.0.0.3:8300")
    assert ran == (0, 'Removed peer with address "10.0.0.3:8300"\n', "")
    assert agent.asked[0].target == "/v1/operator/raft/peer?address=10.0.0.3%3A8300"
    assert lictor("operator", "raft", "remove-peer", "-id=u3").out == 'Removed peer with id "u3"\n'


@pytest.mark.parametrize("flags", [(), ("-id=a", "-address=b")])
def test_remove_peer_wants_one_of_two_flags(lictor, agent, flags):
    ran = lictor("operator", "raft", "remove-peer", *flags)
    assert ran.status == 1
    assert "-id or -address" in ran.err


def test_transfer_leader(lictor, agent):
    agent.on("POST", "/v1/operator/raft/transfer-leader", {"Success": True})
    assert lictor("operator", "raft", "transfer-leader", "-id=u2").out == "Success\n"
    assert agent.asked[0].target == "/v1/operator/raft/transfer-leader?id=u2"


def test_get_config(lictor, agent):
    agent.on("GET", AUTOPILOT, CONFIGURATION)
    assert lictor("operator", "autopilot", "get-config").out == (
        "CleanupDeadServers = true\n"
        "LastContactThreshold = 200ms\n"
        "MaxTrailingLogs = 250\n"
        "MinQuorum = 0\n"
        "ServerStabilizationTime = 10s\n"
        'RedundancyZoneTag = ""\n'
        "DisableUpgradeMigration = false\n"
        'UpgradeVersionTag = ""\n'
    )


def test_set_config_changes_what_is_given_and_minds_the_index(lictor, agent):
    agent.on("GET", AUTOPILOT, CONFIGURATION)
    agent.on("PUT", AUTOPILOT, True)
    ran = lictor("operator", "autopilot", "set-config", "-min-quorum=3", "-cleanup-dead-servers=false")
    assert ran == (0, "Configuration updated!\n", "")
    put = agent.asked[1]
    assert put.target.endswith("?cas=12")
    assert json.loads(put.body) == CONFIGURATION | {"MinQuorum": 3, "CleanupDeadServers": False}


def test_set_config_that_came_too_late_says_so(lictor, agent):
    agent.on("GET", AUTOPILOT, CONFIGURATION)
    agent.on("PUT", AUTOPILOT, False)
    ran = lictor("operator", "autopilot", "set-config", "-min-quorum=3")
    assert ran.status == 1
    assert "could not be atomically updated" in ran.err


def state() -> dict[str, object]:
    server = {
        "ID": "u1",
        "Name": "s1",
        "Address": "10.0.0.1:8300",
        "NodeStatus": "alive",
        "Version": "1.0",
        "LastContact": "0s",
        "LastTerm": 4,
        "LastIndex": 20,
        "CommitIndex": 19,
        "Healthy": True,
        "Status": "leader",
        "NodeType": "voter",
    }
    return {
        "Healthy": True,
        "FailureTolerance": 1,
        "OptimisticFailureTolerance": 1,
        "Leader": "u1",
        "Voters": ["u1"],
        "Servers": {"u1": server, "u2": {**server, "ID": "u2", "Status": "non-voter", "LastIndex": 13}},
    }


def test_state_shows_who_trails(lictor, agent):
    agent.on("GET", "/v1/operator/autopilot/state", state())
    out = lictor("operator", "autopilot", "state").out
    assert "Failure Tolerance:            1\n" in out
    assert out.count("Trails By:       ") == 2
    assert "Trails By:       7\n" in out
    assert "Commit Index:    19\n" in out
    assert json.loads(lictor("operator", "autopilot", "state", "-format=json").out) == state()
    assert lictor("operator", "autopilot", "state", "-format=xml").status == 1


# -- offline ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """What a server of three left behind."""
    disk = FileDisk(tmp_path)
    journal = Journal.open(disk)
    founding = b"\x02" + of_voters(("s1.dc1", "s2.dc1", "s3.dc1")).pack()
    records = [Cell(name="term", data=(5).to_bytes(8, "big")), Append(index=1, term=1, data=founding)]
    journal.write("server", [*records, Append(index=2, term=4, data=b"\x00x")])
    journal.sync()
    disk.close()
    return tmp_path


def forced(directory: Path) -> tuple[str, ...]:
    """The voters that the journal says are in force."""
    disk = FileDisk(directory)
    cells = [r for r in Journal.open(disk).recovered("server") if isinstance(r, Cell) and r.name == "forced"]
    disk.close()
    return unpack_forced(cells[-1].data).configuration.voters


def test_recover_says_what_it_would_do_and_does_it(lictor, directory):
    flags = (f"-data-dir={directory}", "-node=s1", "-peer=s1", "-peer=s2")
    before = {file.name: file.read_bytes() for file in directory.iterdir()}
    dry = lictor("operator", "raft", "recover", "-dry-run", *flags)
    assert dry.status == 0
    assert "up to entry 2 of term 4" in dry.out
    assert "Servers now:   s1.dc1, s2.dc1, s3.dc1\n" in dry.out
    assert "Servers then:  s1.dc1, s2.dc1\n" in dry.out
    assert {file.name: file.read_bytes() for file in directory.iterdir()} == before
    assert "Warning" not in dry.out
    assert lictor("operator", "raft", "recover", *flags).status == 0
    assert forced(directory) == ("s1.dc1", "s2.dc1")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("-peer=s1", "-peer=s2"), "Say with -node"),
        (("-node=s9", "-peer=s1"), "it is not one of them"),
    ],
)
def test_recover_refuses_in_a_sentence(lictor, directory, flags, words):
    ran = lictor("operator", "raft", "recover", f"-data-dir={directory}", *flags)
    assert ran.status == 1
    assert words in ran.err


def test_recover_begins_again_in_term_1_alone(lictor, directory):
    """For a cluster whose terms somebody drove to the last one there is. The second entry of this log is none."""
    flags = (f"-data-dir={directory}", "-peer=s1", "-reset-term")
    before = {file.name: file.read_bytes() for file in directory.iterdir()}
    dry = lictor("operator", "raft", "recover", "-dry-run", *flags)
    assert dry.status == 0
    assert "Term:          5\n" in dry.out
    assert "Servers then:  s1.dc1\n" in dry.out
    assert "Term then:     1, with one snapshot of entry 2\n" in dry.out
    assert "Warning:       left out, it cannot be applied: entry 2" in dry.out
    assert {file.name: file.read_bytes() for file in directory.iterdir()} == before
    done = lictor("operator", "raft", "recover", *flags)
    assert done.status == 0
    assert "empty the data directories of all others" in done.out
    again = lictor("operator", "raft", "recover", "-dry-run", *flags)
    assert "Term:          1\n" in again.out
    assert "Servers now:   s1.dc1\n" in again.out
    assert "Snapshot:      of entry 2\n" in again.out


@pytest.mark.parametrize("flags", [("-node=s1", "-peer=s2"), ("-node=s1", "-peer=s1", "-peer=s2")])
def test_recover_in_term_1_is_for_one_server_alone(lictor, directory, flags):
    ran = lictor("operator", "raft", "recover", f"-data-dir={directory}", "-reset-term", *flags)
    assert ran.status == 1
    assert "give -peer once, with its own name" in ran.err


def test_recover_wonders_at_a_server_that_the_log_does_not_know(lictor, directory):
    flags = (f"-data-dir={directory}", "-node=s1", "-peer=s1", "-peer=zz")
    dry = lictor("operator", "raft", "recover", "-dry-run", *flags)
    assert dry.status == 0
    assert "Warning:       this log knows no server zz.dc1: is that its name?\n" in dry.out


def test_recover_does_not_touch_a_running_server(lictor, directory):
    disk = FileDisk(directory)
    ran = lictor("operator", "raft", "recover", f"-data-dir={directory}", "-peer=s1")
    assert ran.status == 1
    assert "in use by another process" in ran.err
    disk.close()


def test_peers_json_is_applied_once(directory):
    (directory / "peers.json").write_text('[{"id": "s1", "address": "10.0.0.1:8300", "non_voter": false}]')
    done = apply_peers_file(directory, "s1.dc1")
    assert done is not None
    assert done.after.voters == ("s1.dc1",)
    assert (directory / "peers.json.applied").exists()
    assert apply_peers_file(directory, "s1.dc1") is None
    assert forced(directory) == ("s1.dc1",)


@pytest.mark.parametrize("text", ["nonsense", "[" * 100_000], ids=["nonsense", "nested without end"])
def test_a_peers_json_that_is_none_is_refused_by_name(directory, text):
    (directory / "peers.json").write_text(text)
    with pytest.raises(CannotStartOver, match=r"peers\.json is no list of servers"):
        apply_peers_file(directory, "s1.dc1")


def test_debug_journal_shows_records_and_the_verdict(lictor, directory):
    ran = lictor("debug", "journal", str(directory))
    assert ran.status == 0
    assert "server  entry 2 of term 4, 2 bytes" in ran.out
    assert ran.out.splitlines()[-1].startswith("The journal is whole up to record 3")
    one = lictor("debug", "journal", str(directory / "journal-00000001"), "-stream=agent")
    assert "entry" not in one.out
    assert lictor("debug", "journal", str(directory), "-summary").out.count("\n") == 1
    assert lictor("debug", "journal", str(directory / "nothing")).status == 1
