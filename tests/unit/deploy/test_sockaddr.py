"""Templates of go-sockaddr over a made-up machine."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lictor_deploy.config import sockaddr
from lictor_deploy.config.load import Sources, load
from lictor_deploy.config.sockaddr import Interface, filled
from lictor_deploy.words.sentence import Failure


def made(name: str, text: str, *, default: bool = False, up: bool = True) -> Interface:
    whole = ip_interface(text)
    return Interface(name, whole.ip, whole.network, up, default)


MACHINE = [
    made("lo", "127.0.0.1/8"),
    made("lo", "::1/128"),
    made("eth0", "10.1.2.3/24", default=True),
    made("eth0", "fe80::1/64"),
    made("eth1", "192.168.7.5/16"),
    made("eth2", "8.8.4.4/28"),
    made("eth3", "172.16.0.9/12", up=False),
]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockaddr, "interfaces", lambda: list(MACHINE))


@pytest.mark.parametrize(
    ("template", "outcome"),
    [
        ("{{ GetPrivateIP }}", "10.1.2.3"),
        ("{{GetPrivateIPs}}", "10.1.2.3 192.168.7.5"),
        ("{{ GetPublicIP }}", "8.8.4.4"),
        ('{{ GetInterfaceIP "eth1" }}', "192.168.7.5"),
        ("{{ GetInterfaceIP `eth1` }}", "192.168.7.5"),
        ('{{ GetAllInterfaces | include "name" "^eth" | include "type" "ipv4" | exclude "flag" "loopback" }}', None),
        ('{{ GetAllInterfaces | include "network" "192.168.0.0/16" | attr "address" }}', "192.168.7.5"),
        ('{{ GetAllInterfaces | include "rfc" "1918" | sort "-size,address" | join "name" "," }}', "eth3,eth1,eth0"),
        ('{{ GetAllInterfaces | include "flags" "up|forwardable" | limit 1 | attr "name" }}', "eth0"),
        ('{{ GetAllInterfaces | offset 2 | limit 1 | attr "network" }}', "10.1.2.0/24"),
        ('{{ GetAllInterfaces | unique "name" | join "name" " " }}', "lo eth0 eth1 eth2 eth3"),
        ('{{ GetDefaultInterfaces | attr "type" }}', "IPv4"),
        ('tcp://{{ GetPrivateIP }}:{{ GetInterfaceIP "eth2" }}', "tcp://10.1.2.3:8.8.4.4"),
        ("10.0.0.1", "10.0.0.1"),
    ],
)
def test_a_template_stands_for_addresses(template: str, outcome: str | None) -> None:
    assert filled(template) == (outcome or "10.1.2.3 192.168.7.5 8.8.4.4 172.16.0.9")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ GetIP }}", "bind_addr: GetIP is no part of a template here: GetAllInterfaces"),
        ('{{ GetInterfaceIP "eth9" }}', "finds no address of this machine"),
        ('{{ GetPrivateIP | attr "name" }}', "attr comes after a text"),
        ('{{ GetAllInterfaces | include "name" "(" }}', "is no regular expression"),
        ('{{ GetAllInterfaces | include "shape" "x" }}', "include and exclude take one of address"),
        ('{{ GetAllInterfaces | include "rfc" "1" }}', "networks of RFC 1 are not known here"),
        ('{{ GetAllInterfaces | limit "x" }}', "'x' stands where a template takes a whole number"),
        ('{{ GetAllInterfaces | sort "colour" }}', "sort takes address"),
        ("{{ }}", "is empty"),
        ("{{ GetAllInterfaces ( }}", "cannot be read at '('"),
        ("{{ GetPrivateIPs }}", "is more than one address"),
        ("{{GetPrivateIP", "is a name: give an IP address"),
    ],
)
def test_a_bad_template_is_a_sentence(template: str, words: str) -> None:
    with pytest.raises(Failure) as failure:
        load(Sources(), {"bind_addr": template}, dev=True)
    assert words in str(failure.value)


def test_lists_of_addresses_and_joins_take_templates() -> None:
    given = {
        "client_addr": "127.0.0.1 {{ GetPrivateIPs }}",
        "addresses": {"http": "{{ GetPrivateIP }} unix:///run/l.sock"},
        "retry_join": ['{{ GetInterfaceIP "eth1" }}:8301'],
        "advertise_addr": "{{ GetPublicIP }}",
        "bind_addr": "0.0.0.0",
    }
    config = load(Sources(), given, dev=True)[0]
    assert config.client_addr == ("127.0.0.1", "10.1.2.3", "192.168.7.5")
    assert config.addresses.http == ("10.1.2.3", "unix:///run/l.sock")
    assert (config.retry_join, config.advertise_addr) == (["192.168.7.5:8301"], "8.8.4.4")


WORDS = (*sockaddr.SOURCES, *sockaddr.STEPS, *sockaddr.CRITERIA)
SIGNS = ('"eth0"', '"("', '"10.0.0.0/8"', "|", "{{", "}}", "7", '"')


@given(st.lists(st.sampled_from((*WORDS, *SIGNS)), max_size=9), st.text(max_size=5))
def test_no_text_does_more_than_to_be_refused(pieces: list[str], odd: str) -> None:
    with suppress(ValueError):
        assert isinstance(filled(f"{{{{ {' '.join(pieces)} {odd} }}}}"), str)
