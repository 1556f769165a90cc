"""Addresses in all forms, from the configuration to URLs and answers: IPv6, lists, wildcards, and what is none."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lictor_actors.bus.sp import endpoint_of
from lictor_actors.client.connection import Connection
from lictor_actors.client.errors import ConnectionFailed
from lictor_actors.hosts.doors.http.sites import Sites
from lictor_actors.hosts.spec import SiteSpec
from lictor_actors.node.peers_file import read_peers
from lictor_actors.node.tree import tree
from lictor_actors.raft.configuration import ServerRow
from lictor_actors.swim.joining import gossip_url
from lictor_actors.swim.profile import LAN, MS, WAN, profile_of
from lictor_deploy.agent.exposure import exposed
from lictor_deploy.agent.limits import Listener, bind_once, trouble
from lictor_deploy.agent.run import banner, listeners
from lictor_deploy.agent.spec import node_spec
from lictor_deploy.cli.address import agent_address
from lictor_deploy.cli.members import address as shown_member
from lictor_deploy.config.load import Sources, load
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.local.plan import DevOptions, NodeAddress, address_of
from lictor_deploy.words.sentence import Failure
from lictor_messages.addresses import is_here
from lictor_messages.swim import ProberOptions

COMPLAINTS = [
    ({"bind_addr": "localhost"}, "bind_addr 'localhost' is a name"),
    ({"bind_addr": "fe80::1%eth0"}, "bind_addr 'fe80::1%eth0' .*zone"),
    ({"bind_addr": "fe80::1"}, "bind_addr 'fe80::1' .*link-local"),
    ({"bind_addr": "[::1"}, r"bind_addr '\[::1' is no IP"),
    ({"bind_addr": "::1]"}, r"bind_addr '::1\]' is no IP"),
    ({"bind_addr": "[127.0.0.1]"}, r"bind_addr '\[127.0.0.1\]' is no IP"),
    ({"bind_addr": "[::1]:8301"}, r"bind_addr '\[::1\]:8301' .*ports"),
    ({"bind_addr": "127.0.0.1:8301"}, "bind_addr '127.0.0.1:8301' .*ports"),
    ({"bind_addr": "127.0.0.01"}, "bind_addr '127.0.0.01' is no IP"),
    ({"bind_addr": "1::2::3"}, "bind_addr '1::2::3' is no IP"),
    ({"bind_addr": "::1 127.0.0.1"}, "bind_addr '::1 127.0.0.1' .*one"),
    ({"bind_addr": "{{ GetIP }}"}, "bind_addr: GetIP is no part of a template"),
    ({"bind_addr": "ff02::1"}, "bind_addr 'ff02::1' is an address of many"),
    ({"bind_addr": "255.255.255.255"}, "bind_addr '255.255.255.255' is an address of many"),
    ({"client_addr": "127.0.0.1 224.0.0.1"}, "client_addr '224.0.0.1' is an address of many"),
    ({"retry_join": ["tcp://::1:8301:x"]}, "retry_join 'tcp://::1:8301:x' .*brackets"),
    ({"client_addr": "{{ GetIP }}"}, "client_addr: GetIP is no part of a template"),
    ({"client_addr": "127.0.0.1 localhost"}, "client_addr 'localhost' is a name"),
    ({"client_addr": "unix:///run/x"}, "client_addr 'unix:///run/x' .*local socket"),
    ({"addresses": {"http": "unix://run/x"}}, "addresses.http 'unix://run/x' .*no whole path"),
    ({"advertise_addr": "::"}, "advertise_addr '::' leads nowhere"),
    ({"advertise_addr": "consul.example"}, "advertise_addr 'consul.example' is a name"),
    ({"advertise_addr": "::1"}, "advertise_addr '::1' is IPv6 .*bind_addr"),
    ({"bind_addr": "::1", "advertise_addr": "127.0.0.1"}, "advertise_addr '127.0.0.1' is IPv4 .*bind_addr"),
    ({"retry_join": ["provider=aws tag_key=x"]}, "retry_join 'provider=aws tag_key=x' .*cloud"),
    ({"retry_join": ["10.0.0.1:99999"]}, "retry_join '10.0.0.1:99999' .*port"),
    ({"retry_join": ["10.0.0.1:gossip"]}, "retry_join '10.0.0.1:gossip' .*port"),
    ({"start_join": ["[::1"]}, r"start_join '\[::1' .*bracket"),
    ({"start_join": ["1::2::3"]}, "start_join '1::2::3' .*IPv6"),
    ({"retry_join": [""]}, "retry_join '' .*empty"),
    ({"retry_join": ["{{ GetIP }}"]}, "retry_join: GetIP is no part of a template"),
    ({"ports": {"serf_lan": -1}}, "ports.serf_lan .*cannot be switched off"),
    ({"ports": {"server": -1}}, "ports.server .*cannot be switched off"),
]


def config(**given: Any) -> AgentConfig:
    return load(Sources(), {"node_name": "n", **given}, dev=False)[0]


@pytest.mark.parametrize(("given", "words"), COMPLAINTS, ids=[words for _, words in COMPLAINTS])
def test_a_wrong_address_is_a_sentence_with_its_key_and_value(given: dict[str, Any], words: str) -> None:
    with pytest.raises(Failure, match=words) as caught:
        config(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("FD00::ABCD", "fd00::abcd"),
        ("fd00:0000::0005", "fd00::5"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("::FFFF:7f00:1", "127.0.0.1"),
        ("10.0.0.5", "10.0.0.5"),
        (" 10.0.0.5", "10.0.0.5"),
    ],
)
def test_an_address_is_known_in_its_one_usual_form(written: str, meant: str) -> None:
    host = f"[{meant}]" if ":" in meant else meant
    spec = node_spec(config(bind_addr=written))
    assert spec.address == meant
    assert spec.listen_urls == (f"tcp://{host}:8301", f"tcp://{host}:8300")
    assert (spec.gossip_url, spec.rest_url) == spec.listen_urls
    assert node_spec(config(bind_addr="::", advertise_addr=written)).address == meant
    assert gossip_url(written.strip()) == f"tcp://{host}:8301"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("::1", "tcp://[::1]:8301"),
        ("[::1]", "tcp://[::1]:8301"),
        ("[::1]:9301", "tcp://[::1]:9301"),
        ("[FD00:0::5]:9301", "tcp://[fd00::5]:9301"),
        ("Consul.Example.", "tcp://consul.example.:8301"),
        ("consul.example.:9301", "tcp://consul.example.:9301"),
        ("::ffff:10.0.0.1", "tcp://10.0.0.1:8301"),
        ("tcp://[::1]:8301", "tcp://[::1]:8301"),
        ("tcp://[0::1]", "tcp://[::1]:8301"),
        ("ipc:///run/x", "ipc:///run/x"),
    ],
)
def test_what_is_joined(address: str, url: str) -> None:
    assert gossip_url(address) == url
    assert node_spec(config(bind_addr="10.0.0.1", retry_join=[address])).join == (address,)


@pytest.mark.parametrize(
    ("client", "hosts"),
    [
        ("::1", ["[::1]"]),
        ("127.0.0.1 ::1", ["127.0.0.1", "[::1]"]),
        ("::1 [::1] 0:0:0:0:0:0:0:1", ["[::1]"]),
        ("::", ["[::]"]),
        ("0.0.0.0 ::", ["[::]"]),
        ("127.0.0.1 0.0.0.0 ::1", ["0.0.0.0", "[::1]"]),
        ("", ["127.0.0.1"]),
    ],
)
def test_http_and_the_door_listen_on_each_client_address(client: str, hosts: list[str]) -> None:
    given = config(bind_addr="127.0.0.1", client_addr=client)
    places = [f"{one.ip}:{one.port}" if ":" not in one.ip else f"[{one.ip}]:{one.port}" for one in listeners_of(given)]
    assert places[: 3 * len(hosts)] == [f"{host}:{port}" for port in (8500, 8600, 8304) for host in hosts]
    inside = " ".join(host.strip("[]") for host in hosts)
    assert f"Client Addr: [{inside}] (HTTP: 8500, HTTPS: -1, DNS: 8600, Bus: 8304)" in banner(node_spec(given))


def listeners_of(given: AgentConfig) -> list[Any]:
    return listeners(given, node_spec(given))


def test_http_may_have_addresses_of_its_own() -> None:
    given = config(bind_addr="127.0.0.1", addresses={"http": "::1 10.0.0.5"})
    places = [(one.ip, one.port) for one in listeners_of(given)]
    assert places[:3] == [("::1", 8500), ("10.0.0.5", 8500), ("127.0.0.1", 8600)]
    assert exposed(given) == ["10.0.0.5:8500"]


@pytest.mark.parametrize(
    ("given", "beyond"),
    [
        ({"bind_addr": "::1", "client_addr": "::1 127.0.0.1"}, []),
        ({"bind_addr": "[::1]", "client_addr": "::ffff:127.0.0.1"}, []),
        ({"bind_addr": "::1", "client_addr": "::1 fd00::5"}, ["[fd00::5]:8500", "[fd00::5]:8304"]),
        ({"bind_addr": "::ffff:10.0.0.5"}, ["10.0.0.5:8301", "10.0.0.5:8300"]),
    ],
)
def test_what_lies_beyond_loopback(given: dict[str, Any], beyond: list[str]) -> None:
    assert exposed(config(**given)) == beyond


@pytest.mark.parametrize(("address", "family"), [("10.1.2.3", "ipv4"), ("fd00::5", "ipv6")])
def test_tagged_addresses_name_the_family(address: str, family: str) -> None:
    spec = node_spec(config(bind_addr=address))
    (options,) = [one.options for one in tree(spec) if one.role == "agent"]
    expected = {"lan": address, f"lan_{family}": address, "wan": address, f"wan_{family}": address}
    assert dict(options.tagged_addresses) == expected  # type: ignore[union-attr]


def test_tagged_addresses_of_the_configuration_come_before_those_that_follow() -> None:
    given = {"advertise_addr_ipv6": "fd00::5", "advertise_addr_wan_ipv4": "192.0.2.7", "tagged_addresses": {"vpn": "x"}}
    spec = node_spec(config(bind_addr="10.1.2.3", **given))
    (options,) = [one.options for one in tree(spec) if one.role == "agent"]
    lan = {"lan": "10.1.2.3", "lan_ipv4": "10.1.2.3", "lan_ipv6": "fd00::5"}
    wan = {"wan": "10.1.2.3", "wan_ipv4": "192.0.2.7"}
    assert dict(options.tagged_addresses) == {**lan, **wan, "vpn": "x"}  # type: ignore[union-attr]


def test_gossip_listens_where_it_is_told_to() -> None:
    elsewhere = config(server=True, bind_addr="127.0.0.1", serf_lan="127.0.0.2", serf_wan="127.0.0.3")
    spec = node_spec(elsewhere)
    assert spec.listen_urls == ("tcp://127.0.0.2:8301", "tcp://127.0.0.1:8300", "tcp://127.0.0.3:8302")
    assert spec.gossip_url == "tcp://127.0.0.1:8301"
    places = {(one.ip, one.port): one.what for one in listeners(elsewhere, spec)}
    assert places["127.0.0.2", 8301] == "serf_lan, gossip"
    assert places["127.0.0.3", 8302] == "serf_wan, gossip of all datacenters"


def test_constants_of_gossip_stand_in_place_of_the_profiles() -> None:
    lan = {"gossip_interval": "50ms", "probe_timeout": "100ms", "suspicion_mult": 9}
    given = {"gossip_profile": "lan", "gossip_profile_wan": "wan", "gossip_lan": lan, "gossip_wan": {"gossip_nodes": 7}}
    probers = [one.options for one in tree(node_spec(config(server=True, **given))) if one.role.startswith("prober")]
    own, of_all = (profile_of(options) for options in probers if isinstance(options, ProberOptions))
    assert own == replace(LAN, gossip_interval=50 * MS, probe_timeout=100 * MS, suspicion_mult=9)
    assert of_all == replace(WAN, gossip_nodes=7)


def test_a_site_is_reached_in_brackets() -> None:
    site = SiteSpec(name="n", address="fd00::5", gossip_port=9301)
    assert (site.gossip_url, site.rest_url) == ("tcp://[fd00::5]:9301", "tcp://[fd00::5]:8300")


def test_members_and_nodes_are_shown_in_brackets() -> None:
    assert shown_member({"Addr": "fd00::5", "Port": 8301}) == "[fd00::5]:8301"
    node = NodeAddress("n", "::1", 8500, 8304)
    assert (node.http, node.door) == ("[::1]:8500", "tcp://[::1]:8304")


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("tcp://[::1]:8304", "::1", 8304),
        ("tcp://[FD00::5]:8304", "fd00::5", 8304),
        ("tcp://localhost:8304", "localhost", 8304),
        ("tcp://127.0.0.1:0", "127.0.0.1", 0),
    ],
)
def test_lanes_and_doors(url: str, host: str, port: int) -> None:
    endpoint = endpoint_of(url)
    assert (endpoint.host, endpoint.port) == (host, port)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("tcp://::1:8304", "brackets"),
        ("tcp://[::1]", r"tcp://HOST:PORT"),
        ("tcp://[::1]:99999", "port"),
        ("tcp://[::1]:x", "port"),
        ("tcp://[zz]:8304", "IPv6"),
        ("tcp://", "tcp://HOST:PORT"),
    ],
)
def test_no_lanes_and_no_doors(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        endpoint_of(url)


async def test_a_client_of_no_door_is_told_so() -> None:
    with pytest.raises(ConnectionFailed, match=r"cannot dial tcp://::1:8304: .*brackets"):
        await Connection("tcp://::1:8304").connect(1.0)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("[::1]", "::1", 8500),
        ("[::1]:8510", "::1", 8510),
        ("http://[FD00::5]:8510/x", "fd00::5", 8510),
        ("http://[::1]", "::1", 8500),
        ("localhost.:8510", "localhost.", 8510),
    ],
)
def test_addresses_of_commands(text: str, host: str, port: int) -> None:
    assert agent_address(text)[:2] == (host, port)


@pytest.mark.parametrize(
    ("text", "words"),
    [("::1", r"\[::1\]:8500"), ("::1:8500", "brackets"), ("a..b:8500", "name"), ("[::1]8500", "give"), ("x:0", "give")],
)
def test_no_addresses_of_commands(text: str, words: str) -> None:
    with pytest.raises(Failure, match=words):
        agent_address(text)


@pytest.mark.parametrize(
    "host",
    ["[::1]:8500", "[::1]", "[0:0:0:0:0:0:0:1]:8500", "[::ffff:127.0.0.1]:8500", "[::FFFF:7F00:1]", "LOCALHOST.:8500"],
)
def test_hosts_that_a_loopback_listener_serves(host: str) -> None:
    assert Sites(local=is_here("::1")).objection(host.encode(), None, None) == ""


@pytest.mark.parametrize("host", ["[fd00::5]:8500", "[::2]", "consul.example", "[::1].example", "[::1"])
def test_hosts_that_it_does_not_serve(host: str) -> None:
    assert "403" in Sites(local=is_here("::1")).objection(host.encode(), None, None)


def test_a_peers_file_names_servers_by_ipv6(tmp_path: Path) -> None:
    file = tmp_path / "peers.json"
    file.write_text('[{"id": "s1", "address": "[fd00::1]:8300", "non_voter": false}]')
    assert read_peers(file, "n.dc1") == (ServerRow("s1.dc1", True),)


def test_a_wildcard_without_a_network_asks_for_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    with pytest.raises(Failure, match=r"bind_addr '::' takes every address, and none of IPv6 .*-advertise"):
        node_spec(config(bind_addr="::"))
    with pytest.raises(Failure, match=r"bind_addr '0.0.0.0' takes every address, and none of IPv4 .*-advertise"):
        node_spec(config())


def test_a_machine_without_ipv6_says_so() -> None:
    error = OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    assert trouble(Listener("::1", 8301, "bind_addr, gossip", ""), error) == (
        "Cannot listen on [::1]:8301 (bind_addr, gossip): this machine has no IPv6 address. Name one that it has: "
        "`ip addr` lists them."
    )


def test_local_clusters_stand_on_ipv4() -> None:
    with pytest.raises(Failure, match=r"-base-ip '::1' is IPv6"):
        address_of("server-1", "dc1", 0, DevOptions(base_ip="::1"))


def test_a_wildcard_that_is_free_is_found_free_for_both_families() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            bind_once("::", taken.getsockname()[1])
