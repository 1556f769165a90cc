"""Which agent a command asks, in every form in which people name one; and what it says on which stream."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

AT_PORT = (
    "127.0.0.1:{port}",
    "localhost:{port}",
    ":{port}",
    "{port}",
    "http://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "HTTP://localhost:{port}",
    "tcp://127.0.0.1:{port}",
    "127.0.0.1:{port}/",
    " 127.0.0.1:{port}\n",
    "http://:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "http://[::ffff:127.0.0.1]:{port}/",
)
PREFIXED = (
    ("http://127.0.0.1:{port}/behind/a/proxy", "/behind/a/proxy/v1/kv/k"),
    ("127.0.0.1:{port}/behind/a/proxy/", "/behind/a/proxy/v1/kv/k"),
    (":{port}/x", "/x/v1/kv/k"),
    ("http://127.0.0.1:{port}/a%20b", "/a%20b/v1/kv/k"),
)


@pytest.mark.parametrize("form", AT_PORT)
@pytest.mark.parametrize("by", ["flag", "environment"])
def test_every_form_of_an_address_reaches_the_agent(
    lictor: Any, agent: Any, monkeypatch: Any, form: str, by: str
) -> None:
    address = form.format(port=agent.address.rpartition(":")[2])
    agent.on("GET", "/v1/kv/k", [{"Key": "k", "Value": "dg==", "Flags": 0}])
    if by == "flag":
        monkeypatch.setenv("CONSUL_HTTP_ADDR", "127.0.0.1:1")
        ran = lictor("kv", "get", f"-http-addr={address}", "k")
    else:
        monkeypatch.setenv("CONSUL_HTTP_ADDR", address)
        ran = lictor("kv", "get", "k")
    assert ran == (0, "v\n", "")


@pytest.mark.parametrize(("form", "target"), PREFIXED)
def test_the_path_of_an_address_comes_before_the_request(lictor: Any, agent: Any, form: str, target: str) -> None:
    agent.on("GET", target, [{"Key": "k", "Value": "dg==", "Flags": 0}])
    address = form.format(port=agent.address.rpartition(":")[2])
    assert lictor("kv", "get", f"-http-addr={address}", "k") == (0, "v\n", "")
    assert [asked.target for asked in agent.asked] == [target]


@pytest.mark.parametrize("form", ["unix://{path}", "UNIX://{path}"])
def test_a_unix_socket_is_an_address(lictor: Any, tmp_path: Any, form: str) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        server.settimeout(10)

        def answer() -> None:
            client, _ = server.accept()
            client.recv(1000)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + b'["dc1"]')
            client.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert lictor("catalog", "datacenters", f"-http-addr={form.format(path=path)}") == (0, "dc1\n", "")
        thread.join()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://", "give HOST:PORT"),
        ("https://::1", "write an IPv6 address in brackets"),
        ("::1", "write an IPv6 address in brackets, [::1]:8500"),
        ("::1:8500", "write an IPv6 address in brackets"),
        ("http://fe80::1", "write an IPv6 address in brackets"),
        ("[::1", "give HOST:PORT"),
        ("127.0.0.1:x", "give HOST:PORT"),
        ("127.0.0.1:0", "give HOST:PORT"),
        ("127.0.0.1:70000", "give HOST:PORT"),
        ("99999", "give HOST:PORT"),
        ("http://", "give HOST:PORT"),
        ("unix://", "give HOST:PORT"),
        ("ftp://x", "give HOST:PORT"),
        ("http://127.0.0.1:8500/?dc=x", "give HOST:PORT"),
        ("a b:8500", "give HOST:PORT"),
        ("http://user:secret@127.0.0.1:8500", "give HOST:PORT"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(lictor: Any, monkeypatch: Any, address: str, words: str) -> None:
    monkeypatch.setenv("CONSUL_HTTP_ADDR", address)
    ran = lictor("members")
    assert (ran.status, ran.out) == (1, "")
    assert words in ran.err
    assert "secret" not in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("words", [("nodes",), ("nodes", "-service=x"), ("services",)], ids=" ".join)
def test_that_nothing_was_found_is_no_line_of_the_list(lictor: Any, agent: Any, words: tuple[str, ...]) -> None:
    agent.on("GET", "/v1/catalog/nodes", [])
    agent.on("GET", "/v1/catalog/service/x", [])
    agent.on("GET", "/v1/catalog/services", {})
    ran = lictor("catalog", *words)
    assert (ran.status, ran.out) == (0, "")
    assert "match the given query - try expanding your search" in ran.err


def test_addresses_that_could_not_be_joined_are_told_beside_the_result(lictor: Any, agent: Any) -> None:
    agent.on("PUT", "/v1/agent/join/a")
    agent.on("PUT", "/v1/agent/join/b", b"no", status=500)
    ran = lictor("join", "a", "b")
    assert ran == (
        0,
        "Successfully joined cluster by contacting 1 nodes.\n",
        "Error joining address 'b': no\n",
    )


@pytest.mark.parametrize(
    "words",
    [("kv", "get", "none"), ("session", "info"), ("kv", "nope"), ("members", "-nope"), ("nope",), ("members", "extra")],
    ids=" ".join,
)
def test_what_failed_is_told_on_stderr_alone(lictor: Any, agent: Any, words: tuple[str, ...]) -> None:
    ran = lictor(*words)
    assert (ran.status, ran.out) == (127 if words == ("nope",) else 1, "")
    assert ran.err
