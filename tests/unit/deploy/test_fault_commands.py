import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from local_site import serving
from told_ground import ToldGround

from lictor_actors.faults import Engine, FaultBook, NodeView
from lictor_actors.faults.desk import FaultDesk
from lictor_actors.faults.over_http import FaultsOverHttp
from lictor_messages.web import HttpAnswered, HttpAsked

FACTS = {"nodes": [], "environment": {}, "logs": ""}


@pytest.fixture
def parent(tmp_path, monkeypatch):
    """A parent that answers everything and remembers what it was asked."""
    asked = []
    fault = {"id": "f1", "what": "isolate x", "age_s": 61.4, "left_s": 8.6, "hits": 42}
    plan = {"id": "p1", "what": f"loss {'agent ' * 40}", "age_s": None, "left_s": None, "hits": None}
    answers = {"facts": FACTS, "faults": {"faults": [fault, plan]}, "play": {"play": "p2"}}
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
        ("isolate agent-1 agent-2,agent-3", "isolate", {"nodes": ["agent-1", "agent-2", "agent-3"]}),
        ("preset wan", "play", {"steps": [{"preset": "wan"}]}),
        ("preset wan -for 30s", "play", {"steps": [{"preset": "wan", "for": "30s"}]}),
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
    head, first, plan = lictor("fault", "ls").out.splitlines()
    assert head.split() == ["Fault", "Age", "Left", "Hits", "What"]
    assert first.split() == ["f1", "61", "s", "9", "s", "42", "isolate", "x"]
    assert (plan.split()[:4], plan[-1]) == (["p1", "-", "-", "-"], "…")
    assert lictor("fault", "ls", "-full").out.count("agent") == 40
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


def test_an_unknown_preset_is_refused_with_the_one_that_was_meant(lictor, parent):
    ran = lictor("fault", "preset", "wam")
    assert (ran.status, "did you mean 'wan'" in ran.err) == (1, True)
    assert parent() == []


@pytest.fixture
def node():
    """A node that takes faults over HTTP, with the desk that a dev cluster has."""
    desk = FaultDesk(Engine(FaultBook(lambda: [NodeView("server-1.dc1", True, True)], "live"), ToldGround()))
    faults = FaultsOverHttp(desk.ask, "open sesame", "Ask its owner.")

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = tuple((name.lower(), value) for name, value in self.headers.items())
            faults.ask(HttpAsked(method=self.command, target=self.path, headers=headers, body=body), self.reply)

        do_GET = do_PUT = do_DELETE = do

        def reply(self, answer: HttpAnswered) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """The test's output is the command's."""

    with serving(Handler) as port:
        yield f"-http-addr=127.0.0.1:{port}"


def test_every_command_speaks_http_too(lictor, node, monkeypatch):
    monkeypatch.setenv("LICTOR_FAULT_TOKEN", "open sesame")
    assert lictor("fault", "isolate", "leader", node).out == "f1  isolate server-1.dc1\n"
    assert lictor("fault", "hold", node).out.startswith("f2 ")
    assert lictor("fault", "preset", "wan", node).out == "p1  preset wan\n"
    assert [line.split()[0] for line in lictor("fault", "ls", node).out.splitlines()[1:]] == [
        "f1",
        "f2",
        "f3",
        "f4",
        "p1",
    ]
    assert lictor("fault", "release", node).out == "Released: f2\n"
    assert lictor("fault", "heal", "p1", node).out == "Healed: f3 f4 p1\n"
    assert "No such fault: f9" in lictor("fault", "heal", "f9", node).err
    assert lictor("fault", "heal", "-all", node).out == "Healed: f1\n"
    assert lictor("fault", "ls", node).out == "No faults.\n"


def test_what_http_refuses_is_a_sentence(lictor, node, monkeypatch):
    monkeypatch.delenv("LICTOR_FAULT_TOKEN", raising=False)
    assert "X-Consul-Token" in lictor("fault", "ls", node).err
    ran = lictor("fault", "kill", "agent-9", node, "-token", "open sesame")
    assert (ran.status, "names no node of this cluster" in ran.err) == (1, True)
