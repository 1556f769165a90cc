"""Odd answers to any command, of an agent or of what stands in its place: one sentence, status 1, no traceback."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ID = "0a1b2c3d-0000-4000-8000-000000000001"
READS = (
    "members",
    "members -detailed",
    "info",
    "maint",
    "rtt a b",
    "rtt a",
    "event -list",
    "watch -type=services true",
    "kv get x",
    "kv get -recurse x",
    "kv get -keys x",
    "kv get -detailed x",
    "kv export x",
    "catalog nodes",
    "catalog nodes -service=web -detailed",
    "catalog services -tags",
    "catalog services -node=n1",
    "catalog datacenters",
    "session list",
    f"session info {ID}",
    "operator raft list-peers",
    "operator autopilot get-config",
    "operator autopilot state",
    "operator usage instances",
    "debug -capture=members",
    "snapshot save /dev/null/x",
)
WRITES = (
    "join 10.0.0.1",
    "leave",
    "force-leave n1",
    "reload",
    "maint -enable",
    "services register -name=web",
    "services deregister -id=web",
    "kv put x y",
    "kv delete x",
    "session create",
    f"session renew {ID}",
    f"session destroy {ID}",
    "event -name=x",
    "lock x true",
    "operator raft remove-peer -id=x",
    "operator raft transfer-leader",
    "operator autopilot set-config -min-quorum=3",
)
ANSWERS = (b"<html>hello</html>", b"[1]", b"7", b'"x"', b'{"a":1}', b'[{"a":1}]', b"[" * 100_000, b"\xff", b"")
Answering = Callable[[bytes], None]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    """Says the same bytes to every request."""
    said: list[bytes] = []

    class Rude(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.wfile.write(said[0])

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Rude)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("CONSUL_HTTP_ADDR", f"127.0.0.1:{server.server_address[1]}")
    yield said.append
    server.shutdown()
    server.server_close()
    thread.join()


def status_line(status: int, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def refused(ran: Any) -> None:
    assert ran.status == 1
    assert ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("words", [*READS, *WRITES])
@pytest.mark.parametrize("status", [500, 403, 429, 301])
@pytest.mark.slow
def test_a_refusal_is_told_with_its_status(lictor: Any, answering: Any, words: str, status: int) -> None:
    answering(status_line(status, b"No cluster leader"))
    ran = lictor(*words.split())
    refused(ran)
    assert str(status) in ran.err or "No cluster leader" in ran.err or "would become" in ran.err


@pytest.mark.parametrize("words", [*READS, *WRITES])
@pytest.mark.parametrize(
    "said",
    [b"", b"\x00\x01 what\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"],
    ids=["hangs up", "no HTTP", "cut short"],
)
@pytest.mark.slow
def test_what_is_no_whole_answer_of_http_is_said(lictor: Any, answering: Any, words: str, said: bytes) -> None:
    answering(said)
    refused(lictor(*words.split()))


@pytest.mark.parametrize("words", [words for words in READS if not words.startswith(("debug", "watch"))])
@pytest.mark.parametrize("body", ANSWERS, ids=lambda body: repr(body[:12]))
@pytest.mark.slow
def test_an_answer_of_another_shape_is_no_traceback(lictor: Any, answering: Any, words: str, body: bytes) -> None:
    """Some shapes mean that there is nothing: then that is what is printed."""
    answering(status_line(200, body))
    ran = lictor(*words.split())
    assert ran.status in (0, 1, 2)
    assert ran.status != 1 or ran.err


def test_a_field_that_is_missing_is_named(lictor: Any, agent: Any) -> None:
    agent.on("GET", "/v1/agent/members", json.dumps([{"Name": "n1"}]).encode())
    assert lictor("members").err == "The answer has no field Status: is this really an agent?\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("kv put -flags=many x y", "Bad value 'many' for -flags: give a whole number"),
        ("kv put -flags=-1 x y", "Bad value '-1' for -flags: give a whole number"),
        ("kv put -flags=18446744073709551616 x y", "Bad value '18446744073709551616' for -flags"),
        ("kv put -flags= x y", "-flags"),
        ("kv put -cas -modify-index=1.5 x y", "Bad value '1.5' for -modify-index"),
        ("kv delete -cas -modify-index=new x", "Bad value 'new' for -modify-index"),
        ("kv put", "KEY is missing."),
        ("kv put x -flags", "-flags needs a value."),
        ("kv get -recurse=maybe x", "Bad value 'maybe' for -recurse: give true or false."),
        ("kv get a b", "there is no place for 'b'"),
        ("lock -timeout=soon a b", "Bad value 'soon' for -timeout: give a duration such as"),
        ("lock -try=-1s a b", "Bad value '-1s' for -try: give a duration such as"),
        ("lock -n=some a b", "Bad value 'some' for -n: give a whole number"),
        ("lock -monitor-retry=-1 a b", "Bad value '-1' for -monitor-retry"),
        ("services register -name=x -port=http", "Bad value 'http' for -port: give a whole number"),
        ("services register -name=x -meta=novalue", "-meta=novalue must be key=value."),
        ("services register -name=x -tagged-address=wan", "-tagged-address=wan must be key=value."),
        ("services register -name=x -tagged-address=wan=h:x", "must be NAME=ADDRESS:PORT."),
        ("operator autopilot set-config -min-quorum=x", "Bad value 'x' for -min-quorum: give a whole number"),
        ("operator autopilot state -format=xml", "Bad value 'xml' for -format: give pretty or json."),
        ("operator usage instances -billable -connect", "Only one of -billable and -connect"),
        ("snapshot inspect -format=xml f", "Bad value 'xml' for -format: give pretty or json."),
        ("version -format=xml", "Bad value 'xml' for -format: give pretty or json."),
        ("members -status", "-status needs a value."),
        ("force-leave", "NODE is missing."),
        ("rtt", "One or two node names must be specified."),
        ("exec ls", "Consul has the command 'exec', Lictor has not: "),
        ("members -token-file=/nowhere", "Check -token-file."),
        ("members -http-addr=https://h:1 -client-cert=x", "-client-key (CONSUL_CLIENT_KEY) go together: give both."),
        (
            "members -http-addr=https://h:1 -ca-path=/x -ca-file=/y",
            "Cannot use -ca-file (CONSUL_CACERT=/y): No such file",
        ),
    ],
)
def test_what_is_wrong_with_the_arguments_names_the_flag_and_the_remedy(
    lictor: Any, words: str, complaint: str
) -> None:
    ran = lictor(*words.split(" "))
    assert (ran.status, ran.out) == (1, "")
    assert complaint in ran.err
    assert [line for line in ran.err.splitlines() if not line.startswith("See `lictor ")] == [ran.err.splitlines()[0]]


@pytest.mark.parametrize("name", ["CONSUL_HTTP_SSL", "CONSUL_HTTP_SSL_VERIFY"])
def test_a_switch_that_is_neither_true_nor_false_is_named(lictor: Any, monkeypatch: Any, name: str) -> None:
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "localhost:1" if name == "CONSUL_HTTP_SSL" else "https://localhost:1")
    monkeypatch.setenv(name, "perhaps")
    ran = lictor("members")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == f"{name}=perhaps is neither true nor false: set it to one of them, or unset it.\n"


@pytest.mark.parametrize(
    ("variables", "flags", "header", "sent"),
    [
        ({"CONSUL_HTTP_TOKEN": "t"}, [], "X-Consul-Token", "t"),
        ({"CONSUL_HTTP_TOKEN": "t"}, ["-token=u"], "X-Consul-Token", "u"),
        ({"CONSUL_HTTP_TOKEN": "t", "CONSUL_HTTP_TOKEN_FILE": "FILE"}, [], "X-Consul-Token", "filed"),
        ({"CONSUL_HTTP_TOKEN_FILE": "FILE"}, ["-token=u"], "X-Consul-Token", "u"),
        ({}, ["-token=u", "-token-file=FILE"], "X-Consul-Token", "filed"),
        ({"CONSUL_HTTP_AUTH": "user:pass"}, [], "Authorization", "Basic dXNlcjpwYXNz"),
    ],
    ids=str,
)
def test_what_the_environment_adds_to_requests(
    lictor: Any, agent: Any, monkeypatch: Any, tmp_path: Any, variables: Any, flags: Any, header: str, sent: str
) -> None:
    (tmp_path / "token").write_text("filed\n")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("FILE", str(tmp_path / "token")))
    agent.on("GET", "/v1/catalog/datacenters", [])
    lictor("catalog", "datacenters", *(flag.replace("FILE", str(tmp_path / "token")) for flag in flags))
    assert agent.asked[0].headers[header] == sent


@pytest.mark.parametrize(
    ("variables", "flags", "query"),
    [
        ({}, ["-namespace=a", "-partition=b"], "ns=a&partition=b"),
        ({"CONSUL_NAMESPACE": "a", "CONSUL_PARTITION": "b"}, ["-namespace=c"], "ns=c&partition=b"),
        ({}, ["-datacenter=dc2", "-stale"], "dc=dc2&stale="),
    ],
    ids=str,
)
def test_what_every_request_asks_for(
    lictor: Any, agent: Any, monkeypatch: Any, variables: Any, flags: Any, query: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    agent.on("GET", "/v1/catalog/datacenters", [])
    lictor("catalog", "datacenters", *flags)
    assert agent.asked[0].target == f"/v1/catalog/datacenters?{query}"
