"""The types of keys that hold addresses: each is kept in its usual form, ``[0::1]`` as ``::1``.

What is none is refused with a sentence that names the key, the value and the remedy.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from ipaddress import IPv6Address
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from lictor_actors.hosts.doors.unix import SCHEME, path_of
from lictor_deploy.config.option import Word
from lictor_deploy.config.sockaddr import filled
from lictor_messages.addresses import cut_host_port, family_of, parsed_ip, split_host_port, usual

ANY_IPV4, ANY_IPV6 = "0.0.0.0", "::"
BROADCAST = "255.255.255.255"
WILDCARDS = (ANY_IPV4, ANY_IPV6)


def own_ip(text: str) -> str:
    """One IP of this machine, "" for the default one; names of hosts and lists are refused."""
    text = filled(text)
    if len(text.split()) > 1:
        raise ValueError("{key} {value} is more than one address, and the cluster knows a node by one: give one.")
    return ip(text)


def reachable_ip(text: str) -> str:
    """An IP that others reach this node by, or ""."""
    address = own_ip(text)
    if address in WILDCARDS:
        raise ValueError("{key} {value} leads nowhere: give an IP that other nodes reach this one by.")
    return address


def of_family(text: str, family: str) -> str:
    """The same, of IPv4 or of IPv6 alone."""
    address = reachable_ip(text)
    if address and family_of(address) != family:
        raise ValueError(f"{{key}} {{value}} is {family_of(address)}: give an address of {family}.")
    return address


def own_ips(given: Any) -> tuple[str, ...]:
    """Several IPs with blanks between them, each once; a wildcard stands for all that it covers."""
    if not isinstance(given, str):
        raise ValueError("{key} must be a string of addresses with blanks between them, not {value}.")
    found = dict.fromkeys(ip(one) for one in filled(given).split())
    return tuple(covering(found))


def http_places(given: Any) -> tuple[str, ...]:
    """The same, and local sockets by their paths."""
    words = filled(given).split() if isinstance(given, str) else []
    files = [text for text in words if text.startswith(SCHEME)]
    for text in files:
        if not path_of(text).startswith("/"):
            raise ValueError(f"{{key}} {text!r} has no whole path: write it like unix:///run/lictor.sock.")
    return (*own_ips(" ".join(text for text in words if text not in files) if files else given), *files)


def covering(ips: Collection[str]) -> list[str]:
    """Without those that a wildcard listens on already: ``::`` takes IPv4 too, where it is asked for."""
    if ANY_IPV6 in ips:
        return [ANY_IPV6]
    return [one for one in ips if one == ANY_IPV4 or ":" in one or ANY_IPV4 not in ips]


def ip(text: str) -> str:
    """An IP in its usual form, without brackets."""
    text = text.strip()
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") and ":" in text else text
    address = parsed_ip(bare)
    if text and (address is None or "%" in bare):
        raise ValueError(f"{{key}} {text!r} {what_it_is(text)}")
    if isinstance(address, IPv6Address) and address.is_link_local:
        raise ValueError(
            f"{{key}} {text!r} is a link-local address, which needs the name of a link: give a global or unique "
            "local one (fd00::/8)."
        )
    if address is not None and (address.is_multicast or bare == BROADCAST):
        raise ValueError(f"{{key}} {text!r} is an address of many machines: give one of this machine's.")
    return usual(bare)


def what_it_is(text: str) -> str:
    """What people write instead of an IP, and the remedy."""
    if text.startswith("unix:"):
        return "is a local socket, which only addresses.http may name, as unix:///path: give an IP."
    host, port = cut_host_port(text)
    if "%" in text and parsed_ip(host):
        return "has a zone, which means something to this machine alone: give a global or unique local IP (fd00::/8)."
    if port and parsed_ip(host):
        return f"has a port, which is a key of its own in ports: give the IP alone, {host}."
    if not set(host) & set("[]:") and not host.replace(".", "").isdigit():
        return "is a name: give an IP address of this machine, `ip addr` lists them."
    return "is no IP address: give one of this machine's, `ip addr` lists them."


def joined(text: str) -> str:
    """What is joined: a host or an IP, with a port or without; it stays as it is written."""
    text = filled(text)
    if text.startswith("provider="):
        raise ValueError("{key} {value} asks a cloud for its machines, which is not built: list their addresses.")
    place = text.removeprefix("tcp://")
    if "://" in place:
        return text
    try:
        host, _ = split_host_port(place, 0)
    except ValueError as error:
        raise ValueError(f"{{key}} {{value}} {error}.") from None
    if not host:
        raise ValueError("{key} {value} is empty: write HOST, HOST:PORT, an IPv6 address or [::1]:8301.")
    return text


OwnIp = Annotated[str, AfterValidator(own_ip), Word("IP")]
OwnIps = Annotated[tuple[str, ...], BeforeValidator(own_ips), Word("IPs")]
"""In files one text with blanks between the addresses, as in Consul."""
HttpPlaces = Annotated[tuple[str, ...], BeforeValidator(http_places), Word("IPs and paths")]
ReachableIp = Annotated[str, AfterValidator(reachable_ip), Word("IP")]
Ipv4 = Annotated[str, AfterValidator(partial(of_family, family="IPv4")), Word("IPv4")]
Ipv6 = Annotated[str, AfterValidator(partial(of_family, family="IPv6")), Word("IPv6")]
Joinable = Annotated[str, AfterValidator(joined), Word("address")]
