"""``lictor tls``: files that other programs take, that grant what they say, and that nothing overwrites."""

import os
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest
from cryptography import x509

from lictor_deploy.cli.main import main

SERVER = "dc1-server-consul-0"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(capsys, *words):
    """Exit status, standard output, standard error."""
    with pytest.raises(SystemExit) as ended:
        main(["tls", *words])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def made(capsys, *words):
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    return [line.removeprefix("==> Saved ") for line in out.splitlines() if line.startswith("==> Saved ")]


def read(name):
    return x509.load_pem_x509_certificate(Path(name).read_bytes())


def alternatives(name):
    found = read(name).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(one.value) for one in found]


def test_files_are_named_as_consul_names_them_and_keys_are_closed(capsys):
    assert made(capsys, "ca", "create") == ["consul-agent-ca.pem", "consul-agent-ca-key.pem"]
    assert made(capsys, "cert", "create", "-server") == [f"{SERVER}.pem", f"{SERVER}-key.pem"]
    assert made(capsys, "cert", "create", "-server") == ["dc1-server-consul-1.pem", "dc1-server-consul-1-key.pem"]
    assert made(capsys, "cert", "create", "-client", "-dc=x")[0] == "x-client-consul-0.pem"
    assert made(capsys, "cert", "create", "-cli")[0] == "dc1-cli-consul-0.pem"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path().iterdir()}
    assert {name for name, mode in modes.items() if mode == 0o600} == {n for n in modes if n.endswith("-key.pem")}


def test_another_domain_names_files_and_certificates(capsys):
    assert made(capsys, "ca", "create", "-domain=corp")[0] == "corp-agent-ca.pem"
    (name, _) = made(capsys, "cert", "create", "-server", "-domain=corp", "-node=s1")
    assert alternatives(name) == ["s1.server.dc1.corp", "server.dc1.corp", "localhost", "127.0.0.1"]


def test_a_client_s_certificate_may_name_its_node(capsys):
    made(capsys, "ca", "create")
    (name, _) = made(capsys, "cert", "create", "-client", "-node=a1")
    assert alternatives(name) == ["a1.client.dc1.consul", "client.dc1.consul", "localhost", "127.0.0.1"]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("-server", ["server.dc1.consul", "localhost", "a.b", "127.0.0.1", "10.0.0.5", "::1"]),
        ("-client", ["client.dc1.consul", "localhost", "a.b", "127.0.0.1", "10.0.0.5", "::1"]),
        ("-cli", ["cli.dc1.consul", "a.b", "10.0.0.5", "::1"]),
    ],
)
def test_a_certificate_has_the_names_of_its_kind_and_those_that_were_given(capsys, kind, names):
    made(capsys, "ca", "create")
    more = ("-additional-dnsname=a.b", "-additional-ipaddress=10.0.0.5", "-additional-ipaddress=::1")
    (name, _) = made(capsys, "cert", "create", kind, *more)
    assert alternatives(name) == names


def test_days_and_the_authority_s_name_are_taken(capsys):
    made(capsys, "ca", "create", "-days=10", "-common-name=Ours")
    found = read("consul-agent-ca.pem")
    assert found.subject.rfc4514_string() == "CN=Ours"
    assert (found.not_valid_after_utc - found.not_valid_before_utc).days == 10


REFUSED = {
    "an authority that is there": (("ca", "create"), "consul-agent-ca.pem already exists"),
    "no kind": (("cert", "create"), "one of -server, -client and -cli"),
    "two kinds": (("cert", "create", "-server", "-cli"), "one of -server, -client and -cli"),
    "a node for commands": (("cert", "create", "-cli", "-node=a"), "-node names one node"),
    "no time": (("cert", "create", "-cli", "-days=0"), "-days=0 is no time"),
    "too long": (("ca", "create", "-days=99999999999"), "-days=99999999999 is no time"),
    "an odd address": (("cert", "create", "-cli", "-additional-ipaddress=x"), "-additional-ipaddress=x is no IP"),
    "an odd name": (("cert", "create", "-cli", "-additional-dnsname=bücher"), "No certificate can say that"),
    "an authority that is not there": (("cert", "create", "-cli", "-ca=no.pem"), "Cannot read no.pem"),
    "a key for an authority": (("cert", "create", "-cli", "-ca=consul-agent-ca-key.pem"), "Cannot read the authority"),
    "another's key": (("cert", "create", "-cli", "-key=other-agent-ca-key.pem"), "does not belong to its certificate"),
    "a place that is not there": (("ca", "create", "-domain=no/where"), "Cannot write no/where-agent-ca.pem"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_made_is_a_sentence(capsys, case):
    made(capsys, "ca", "create")
    made(capsys, "ca", "create", "-domain=other")
    before = sorted(os.listdir())
    words, why = REFUSED[case]
    status, out, err = run(capsys, *words)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert why in err
    assert sorted(os.listdir()) == before


def handshake(server, client, hostname):
    """What the client says of this server's certificate, "" if it takes it; and whether the server took the client."""
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile="consul-agent-ca.pem")
    serving.load_cert_chain(f"{server}.pem", f"{server}-key.pem")
    serving.verify_mode = ssl.CERT_REQUIRED
    asking = ssl.create_default_context(cafile="consul-agent-ca.pem")
    asking.load_cert_chain(f"{client}.pem", f"{client}-key.pem")
    here, there = socket.socketpair()
    took = []

    def serve():
        try:
            with serving.wrap_socket(there, server_side=True) as wrapped:
                took.append(wrapped.recv(1))
        except OSError as error:
            took.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with asking.wrap_socket(here, server_hostname=hostname) as wrapped:
            wrapped.sendall(b"x")
        why = ""
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message
        here.close()
    thread.join()
    return why, took == [b"x"]


def test_a_client_s_certificate_cannot_speak_as_a_server(capsys):
    made(capsys, "ca", "create")
    for kind in ("-server", "-client", "-cli"):
        made(capsys, "cert", "create", kind)
    client, cli = "dc1-client-consul-0", "dc1-cli-consul-0"
    assert handshake(SERVER, client, "server.dc1.consul") == ("", True)
    assert handshake(SERVER, cli, "server.dc1.consul") == ("", True)
    assert "server.dc1.consul" in handshake(client, SERVER, "server.dc1.consul")[0]
    assert handshake(client, SERVER, "client.dc1.consul") == ("", True)
    assert "purpose" in handshake(cli, SERVER, "cli.dc1.consul")[0]


def test_a_constrained_authority_cannot_vouch_for_other_names(capsys):
    made(capsys, "ca", "create", "-name-constraint")
    made(capsys, "cert", "create", "-server")
    made(capsys, "cert", "create", "-server", "-additional-dnsname=bank.example")
    assert handshake(SERVER, SERVER, "server.dc1.consul") == ("", True)
    other = "dc1-server-consul-1"
    assert "permitted" in handshake(other, SERVER, "bank.example")[0]
