"""Agents on IPv6: a cluster that has nothing else, members of both families, and wildcards that take both."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

import lictor
from lictor_messages.addresses import join_host_port, lane_url

LICTOR = [sys.executable, "-m", "lictor_deploy.cli.main"]
PATIENCE_S = 60.0


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _may_unshare() -> bool:
    if os.geteuid() or not all(map(shutil.which, ("ip", "nsenter", "unshare"))):
        return False
    return subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6: it cannot bind to ::1"),
]


class Agent:
    """One ``lictor agent`` with ports of its own, so that many stand on one address."""

    def __init__(self, name: str, where: Path, *flags: str, within: tuple[str, ...] = ()) -> None:
        self.http, self.bus, self.server, self.gossip = (_free_port() for _ in range(4))
        self.name = name
        self.log = where / f"{name}.log"
        ports = f"-http-port={self.http} -bus-port={self.bus} -server-port={self.server} -serf-lan-port={self.gossip}"
        ports += " -dns-port=-1"
        command = [*within, *LICTOR, "agent", f"-node={name}", f"-data-dir={where / name}", *ports.split(), *flags]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)


def _free_port() -> int:
    with socket.socket(socket.AF_INET6) as probe:
        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind(("::", 0))
        return int(probe.getsockname()[1])


Start = Callable[..., Agent]
Look = Callable[..., Any]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Agent] = []

    def begin(name: str, *flags: str, within: tuple[str, ...] = ()) -> Agent:
        started.append(Agent(name, tmp_path, *flags, within=within))
        return started[-1]

    yield begin
    for agent in started:
        agent.process.terminate()
    for agent in started:
        agent.process.wait(PATIENCE_S)
        assert "Traceback" not in agent.log.read_text()


def said(*words: str, at: str, within: tuple[str, ...] = ()) -> str:
    command = [*within, *LICTOR, *words, f"-http-addr={at}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S).stdout


def alive(at: str, within: tuple[str, ...] = ()) -> dict[str, str]:
    """Name → address of the members that this agent holds for alive."""
    rows = [line.split() for line in said("members", at=at, within=within).splitlines()[1:]]
    return {row[0]: row[1] for row in rows if row[2] == "alive"}


def got(url: str, **headers: str) -> tuple[int, str]:
    """Status and body, (0, "") as long as there is no answer."""
    try:
        with urlopen(Request(url, headers=headers), timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except URLError as error:
        return getattr(error, "code", 0), ""


def test_three_servers_on_loopback_of_ipv6(start: Start, until: Look) -> None:
    flags = ("-server", "-bootstrap-expect=3", "-bind=::1", "-client=::1")
    first = start("s1", *flags)
    joins = f"-retry-join=[::1]:{first.gossip}"
    servers = [first, start("s2", *flags, joins), start("s3", *flags, joins)]
    places = [f"[::1]:{server.http}" for server in servers]
    leaders = {f'"[::1]:{server.server}"' for server in servers}
    until(lambda: got(f"http://{places[0]}/v1/status/leader")[1] in leaders, PATIENCE_S)
    members = {server.name: f"[::1]:{server.gossip}" for server in servers}
    for place in places:
        until(lambda place=place: alive(place) == members, PATIENCE_S)
    listed = until(lambda: (text := said("operator", "raft", "list-peers", at=places[0])).count("[::1]:") == 3 and text)
    assert all(f"[::1]:{server.server}" in listed for server in servers)
    until(lambda: "Success" in said("kv", "put", "k", "v", at=places[1]), PATIENCE_S)
    with lictor.Client(f"tcp://[::1]:{servers[2].bus}") as client:
        entry = client.kv.get("k", consistency="consistent")
        assert entry is not None
        assert entry.value == b"v"
    node = f"http://{places[0]}/v1/catalog/node/s2"
    body = until(lambda: (text := got(node)[1]) != "null" and text, PATIENCE_S)
    assert '"lan_ipv6":"::1"' in body
    assert "ipv4" not in body
    assert got(node, Host="[::ffff:127.0.0.1]:8500")[0] == 200
    assert got(node, Host="[fd00::1]:8500")[0] == 403
    health = until(
        lambda: got(f"http://{places[0]}/v1/operator/autopilot/health")[1], PATIENCE_S
    )  # 429 until it is good
    assert all(f'"Address":"[::1]:{server.server}"' in health for server in servers)
    leader = next(one for one in servers if f'"[::1]:{one.server}"' == got(f"http://{places[0]}/v1/status/leader")[1])
    leader.process.send_signal(signal.SIGKILL)
    left = next(one for one in servers if one is not leader)
    place = f"[::1]:{left.http}"
    until(lambda: "Success" in said("kv", "put", "k", "w", at=place), PATIENCE_S)
    address = f"-address=[::1]:{leader.server}"
    until(lambda: "Removed peer" in said("operator", "raft", "remove-peer", address, at=place), PATIENCE_S)
    until(lambda: said("operator", "raft", "list-peers", at=place).count("[::1]:") == 2, PATIENCE_S)


def test_members_of_both_families_where_both_are_there(start: Start, until: Look) -> None:
    """What it says in the log is what a machine without one of the families would need."""
    server = start("s1", "-server", "-bootstrap", "-bind=::1", "-client=127.0.0.1")
    agent = start("a1", "-bind=127.0.0.1", "-client=127.0.0.1 ::1", f"-retry-join=[::1]:{server.gossip}")
    both = {"s1": f"[::1]:{server.gossip}", "a1": f"127.0.0.1:{agent.gossip}"}
    for place in (f"127.0.0.1:{server.http}", f"127.0.0.1:{agent.http}", f"[::1]:{agent.http}"):
        until(lambda place=place: alive(place) == both, PATIENCE_S)
    until(lambda: "Success" in said("kv", "put", "k", "v", at=f"[::1]:{agent.http}"), PATIENCE_S)
    assert "a1.dc1 advertises IPv4, 127.0.0.1, and this node IPv6, ::1: " in server.log.read_text()
    for url in (f"tcp://[::1]:{agent.bus}", f"tcp://127.0.0.1:{agent.bus}"):
        with lictor.Client(url) as client:
            assert client.kv.get("k") is not None


def test_a_wildcard_takes_both_and_a_name_is_joined(start: Start, until: Look) -> None:
    """Neither localhost nor ::1 is what the server advertises."""
    server = start("s1", "-server", "-bootstrap", "-bind=::", "-advertise=127.0.0.1", "-client=::")
    start("a1", "-bind=127.0.0.1", "-client=::1", f"-retry-join=localhost:{server.gossip}")
    start("a2", "-bind=::1", "-client=::1", f"-retry-join=[::1]:{server.gossip}")
    for place in (f"127.0.0.1:{server.http}", f"[::1]:{server.http}"):
        until(lambda place=place: set(alive(place)) == {"s1", "a1", "a2"}, PATIENCE_S)
    for url in (f"tcp://[::1]:{server.bus}", f"tcp://127.0.0.1:{server.bus}"):
        with lictor.Client(url) as client:
            assert client.kv.put("k", url)


@contextmanager
def network(script: str) -> Iterator[tuple[str, ...]]:
    """How a command is run in a network of its own that this has set up."""
    holder = subprocess.Popen(["unshare", "-n", "sh", "-ec", f"{script}; echo ready; exec sleep infinity"], stdout=-1)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        yield "nsenter", "-t", str(holder.pid), "-n"
    finally:
        holder.kill()
        holder.communicate()


@pytest.fixture
def only_ipv6() -> Iterator[tuple[str, ...]]:
    """A network that has three addresses of IPv6 and none of IPv4."""
    addresses = "; ".join(f"ip -6 addr add fd00::{number}/64 dev lo nodad" for number in (1, 2, 3))
    with network(f"ip link set lo up; ip addr flush dev lo; {addresses}") as inside:
        yield inside


LINK = "ip link set lo up; ip link add link0 type bridge; ip link set link0 up"
ONE_FAMILY = {
    "IPv6 alone, asked for 127.0.0.1": (f"{LINK}; ip -6 addr add fd00::1/64 dev link0 nodad", ("127.0.0.1",)),
    "IPv4 alone, asked for ::1": (
        f"{LINK}; echo 1 > /proc/sys/net/ipv6/conf/link0/disable_ipv6; ip addr add 10.9.9.1/24 dev link0",
        ("::1", "127.0.0.1"),
    ),
}
"""What the machine has beside loopback, which resolvers do not count, and where an agent is to listen."""


@pytest.mark.skipif(not _may_unshare(), reason="a network of its own needs root, ip, nsenter and unshare")
@pytest.mark.parametrize(("script", "clients"), ONE_FAMILY.values(), ids=ONE_FAMILY)
def test_loopback_of_the_family_that_the_machine_does_not_have(
    start: Start, until: Look, script: str, clients: tuple[str, ...]
) -> None:
    with network(script) as inside:
        flags = (f"-bind={clients[0]}", f"-client={' '.join(clients)}")
        server = start("s1", "-server", "-bootstrap", *flags, within=inside)
        agent = start("a1", *flags, f"-retry-join={join_host_port(clients[0], server.gossip)}", within=inside)
        for client in clients:
            place = join_host_port(client, agent.http)
            until(lambda place=place: len(alive(place, inside)) == 2, PATIENCE_S)
            until(lambda place=place: "Success" in said("kv", "put", "k", "v", at=place, within=inside), PATIENCE_S)
            ask = f"import lictor; print(lictor.Client('{lane_url(client, agent.bus)}').kv.get('k').value)"
            asked = subprocess.run([*inside, sys.executable, "-c", ask], capture_output=True, text=True, check=False)
            assert asked.stdout == "b'v'\n", asked.stderr
        for ended in (agent, server):
            ended.process.terminate()
            ended.process.wait(PATIENCE_S)


@pytest.mark.skipif(not _may_unshare(), reason="a network of its own needs root, ip, nsenter and unshare")
def test_a_network_without_ipv4(start: Start, until: Look, only_ipv6: tuple[str, ...]) -> None:
    def on(name: str, number: int, *flags: str) -> Agent:
        return start(name, f"-bind=fd00::{number}", f"-client=fd00::{number}", *flags, within=only_ipv6)

    server = on("s1", 1, "-server", "-bootstrap")
    joins = f"-retry-join=[FD00:0::1]:{server.gossip}"
    agents = [on("a1", 2, joins), on("a2", 3, joins)]
    place = f"[fd00::3]:{agents[1].http}"
    members = {"s1": f"[fd00::1]:{server.gossip}"} | {
        agent.name: f"[fd00::{number}]:{agent.gossip}" for number, agent in enumerate(agents, 2)
    }
    until(lambda: alive(place, only_ipv6) == members, PATIENCE_S)
    until(lambda: "Success" in said("kv", "put", "k", "v", at=place, within=only_ipv6), PATIENCE_S)
    assert said("kv", "get", "k", at=f"[fd00::1]:{server.http}", within=only_ipv6) == "v\n"
    stranger = start("far", "-bind=::", "-advertise=10.9.9.9", "-client=::", joins, within=only_ipv6)
    until(lambda: "far.dc1 advertises IPv4, 10.9.9.9, and this node IPv6, fd00::1: " in server.log.read_text())
    until(lambda: "no answer in time" in stranger.log.read_text(), PATIENCE_S)
    until(lambda: alive(place, only_ipv6) == members, PATIENCE_S)


WRONG = [
    (("-bind=fd00:dead::9",), r"Cannot listen on \[fd00:dead::9\]:\d+ \(bind_addr, gossip\): this machine has no such"),
    (("-bind=::1", "-client=fd00:dead::9"), r"on \[fd00:dead::9\]:\d+ \(client_addr, HTTP\): this machine has no such"),
    (("-bind=localhost",), "bind_addr 'localhost' is a name: give an IP address"),
    (("-bind=::1", "-advertise=10.0.0.1"), "advertise_addr '10.0.0.1' is IPv4 and bind_addr '::1' is IPv6"),
    (("-bind=::1", "-retry-join=::1:8301:x"), "retry_join '::1:8301:x' is no IPv6 address"),
    (("-bind=::1", "-http-port=70000"), "ports.http must be a port number"),
]


@pytest.mark.parametrize(("flags", "words"), WRONG)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, flags: tuple[str, ...], words: str) -> None:
    command = [*LICTOR, "agent", "-node=n", f"-data-dir={tmp_path}", *flags]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert ran.returncode == 1
    assert re.search(words, ran.stderr)
    assert ran.stderr.count("\n") == 1


def test_one_port_for_two_lanes_is_a_sentence(tmp_path: Path) -> None:
    port = _free_port()
    flags = [
        f"-serf-lan-port={port}",
        f"-server-port={port}",
        "-bind=::1",
        "-client=::1",
        f"-http-port={_free_port()}",
        "-dns-port=-1",
    ]
    command = [*LICTOR, "agent", "-node=n", f"-data-dir={tmp_path / 'n'}", f"-bus-port={_free_port()}", *flags]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert (ran.returncode, "Traceback" in ran.stderr) == (1, False)
    assert f"cannot listen at [::1]:{port}: Address already in use" in ran.stderr
