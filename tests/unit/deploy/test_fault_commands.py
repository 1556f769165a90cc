import json
import socketserver
import threading

import pytest

FACTS = {"nodes": [], "environment": {}, "logs": ""}


@pytest.fixture
def parent(tmp_path, monkeypatch):
    """A parent that answers everything and remembers what it was asked."""
    asked = []
    answers = {"facts": FACTS, "status": {"status": {}, "faults": [{"id": "f1", "what": "isolate x"}]}}
    answers |= {"heal": {"healed": ["f1"]}, "heal_all": {"healed": ["f1", "f2"]}}

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline()
            if not line:  # somebody only looked whether we are there
                return
            question = json.loads(line)
            asked.append(question)
            answer = answers.get(question["ask"], {"fault": "f1", "what": "as told"})
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    path = str(tmp_path / "control")
    with socketserver.UnixStreamServer(path, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("LICTOR_CONTROL", path)
        yield lambda: [question for question in asked if question["ask"] != "facts"]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("command", "verb", "arguments"),
    [
        ("partition a,b c", "partition", {"groups": [["a", "b"], ["c"]]}),
        ("isolate leader", "isolate", {"nodes": ["leader"]}),
        ("cut a all", "cut", {"sources": ["a"]}),
        (
            "loss all all -probability 0.2 -kind swim.ping",
            "loss",
            {"probability": 0.2, "match": ["swim.ping"]},
        ),
        (
            "delay a b -by=80ms -jitter=20ms",
            "delay",
            {"sources": ["a"], "targets": ["b"], "latency_s": 0.08, "jitter_s": 0.02},
        ),
        (
            "duplicate a b -probability=0.5",
            "duplicate",
            {"sources": ["a"], "targets": ["b"], "probability": 0.5},
        ),
        ("pause server@leader", "pause", {"nodes": ["server@leader"]}),
        ("resume a", "resume", {"nodes": ["a"]}),
        ("crash a", "crash", {"nodes": ["a"]}),
        ("restart a", "restart", {"nodes": ["a"]}),
        ("restart server-1 -wipe", "restart", {"nodes": ["server-1"], "wipe": True}),
        ("bridge follower -for 4s", "bridge", {"node": ["follower"], "duration_s": 4.0}),
        ("hold a b -match raft.*", "hold", {"sources": ["a"], "targets": ["b"], "match": ["raft.*"]}),
        ("reorder a b -within 1s", "reorder", {"sources": ["a"], "targets": ["b"], "within_s": 1.0}),
        ("corrupt a b -direction both", "corrupt", {"sources": ["a"], "targets": ["b"], "direction": "both"}),
        ("bandwidth a b -rate 9000", "bandwidth", {"sources": ["a"], "targets": ["b"], "bytes_per_s": 9000}),
        ("stall leader -busy 1s -every 5s", "stall", {"nodes": ["leader"], "busy_s": 1.0, "every_s": 5.0}),
        ("kill percent(20,agents),leader", "kill", {"nodes": ["percent(20,agents)", "leader"]}),
        ("stop a", "stop", {"nodes": ["a"]}),
        ("slow-disk a -fsync 50ms", "slow_disk", {"nodes": ["a"], "fsync_s": 0.05}),
        ("full-disk a", "full_disk", {"nodes": ["a"]}),
        ("skew leader -by -30s", "skew", {"nodes": ["leader"], "by_s": -30.0}),
        ("drift one(servers) -rate 1.01", "drift", {"nodes": ["one(servers)"], "rate": 1.01}),
        ("add loss a b -probability=0.3", "loss", {"sources": ["a"], "targets": ["b"], "probability": 0.3}),
        ("add cut -from a -to b", "cut", {"sources": ["a"], "targets": ["b"]}),
        ("add restart a -wipe", "restart", {"nodes": ["a"], "wipe": True}),
        ("io-error a -probability 0.5", "io_error", {"nodes": ["a"], "probability": 0.5}),
    ],
)
def test_a_verb_travels_as_it_was_said(lictor, parent, command, verb, arguments):
    ran = lictor("fault", *command.split())
    assert (ran.status, ran.err) == (0, "")
    assert parent() == [{"ask": verb, "with": arguments}]


def test_an_injected_fault_shows_its_id(lictor, parent):
    assert lictor("fault", "isolate", "x").out == lictor("fault", "add", "isolate", "x").out == "f1  as told\n"


def test_ls_and_heal(lictor, parent):
    assert lictor("fault", "ls").out == "Fault  What\nf1     isolate x\n"
    assert lictor("fault", "heal", "f1").out == "Healed: f1\n"
    assert lictor("fault", "heal", "-all").out == "Healed: f1 f2\n"
    assert lictor("fault", "heal", "f7").status == 1


@pytest.mark.parametrize(
    "command", ["heal", "partition", "delay a b -by soon", "loss a b -probability 2", "bandwidth a b -rate 0"]
)
def test_what_is_missing_or_wrong_is_said_before_anything_is_broken(lictor, parent, command):
    ran = lictor("fault", *command.split())
    assert ran.status == 1
    assert "Traceback" not in ran.err
    assert parent() == []


def test_without_a_cluster_the_remedy_is_named(lictor, monkeypatch, tmp_path):
    monkeypatch.setenv("LICTOR_CONTROL", str(tmp_path / "none"))
    ran = lictor("fault", "isolate", "x")
    assert ran.status == 1
    assert "lictor dev" in ran.err
