import socket
import socketserver
import threading

import pytest

from lictor_deploy.cli.http_api import HttpApi
from lictor_deploy.words.sentence import Failure


def test_nobody_listens_is_a_sentence_with_the_address_and_the_remedy(lictor, monkeypatch):
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "127.0.0.1:1")
    ran = lictor("members")
    assert (ran.status, ran.out) == (1, "")
    assert "127.0.0.1:1: connection refused" in ran.err
    assert "-http-addr" in ran.err
    assert "Traceback" not in ran.err


def test_an_agent_without_tls_is_a_sentence_too(lictor, agent, monkeypatch):
    monkeypatch.setenv("CONSUL_HTTP_SSL", "true")
    ran = lictor("members")
    assert ran.status == 1
    assert f"https://{agent.address} does not speak TLS" in ran.err
    assert "unset CONSUL_HTTP_SSL" in ran.err


def test_the_flag_wins_over_the_environment(lictor, agent, monkeypatch):
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "127.0.0.1:1")
    agent.on("GET", "/v1/catalog/datacenters", ["dc1"])
    assert lictor("catalog", "datacenters", f"-http-addr=http://{agent.address}").out == "dc1\n"


@pytest.mark.parametrize("address", ["ftp://x", "http://", "x:y", "http://h:99999"])
def test_a_bad_address_is_refused(lictor, address):
    ran = lictor("members", f"-http-addr={address}")
    assert ran.status == 1
    assert "Bad agent address" in ran.err


def test_the_token_travels(lictor, agent, tmp_path, monkeypatch):
    agent.on("GET", "/v1/catalog/datacenters", [])
    lictor("catalog", "datacenters", "-token=t1")
    (tmp_path / "token").write_text("t2\n")
    lictor("catalog", "datacenters", f"-token-file={tmp_path / 'token'}")
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "t3")
    lictor("catalog", "datacenters")
    assert [asked.headers["X-Consul-Token"] for asked in agent.asked] == ["t1", "t2", "t3"]


def test_a_token_file_that_cannot_be_read_is_named(lictor, tmp_path):
    assert str(tmp_path) in lictor("members", f"-token-file={tmp_path}").err


def test_foreign_bytes_are_not_taken_for_an_agent(lictor, monkeypatch):
    class Rude(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)
            self.request.sendall(b"\x00\x01\x02 what\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Rude) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        monkeypatch.setenv("CONSUL_HTTP_ADDR", f"127.0.0.1:{server.server_address[1]}")
        ran = lictor("members")
        thread.join()
    assert ran.status == 1
    assert "does not speak HTTP" in ran.err


def test_an_answer_that_is_not_json_is_said(lictor, agent):
    agent.on("GET", "/v1/agent/members", b"<html>")
    assert "not JSON" in lictor("members").err


def test_unix_sockets(tmp_path):
    path = str(tmp_path / "s")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()

    def answer() -> None:
        client, _ = server.accept()
        client.recv(1000)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue")
        client.close()

    thread = threading.Thread(target=answer)
    thread.start()
    assert HttpApi(f"unix://{path}").get("/v1/x").text == "true"
    thread.join()
    server.close()
    with pytest.raises(Failure, match="connection refused"):
        HttpApi(f"unix://{path}").get("/v1/x")
