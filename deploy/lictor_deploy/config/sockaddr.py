"""Templates of go-sockaddr, by which a file names addresses of its machine: ``{{ GetInterfaceIP "eth0" }}``.

A template is a pipeline: it begins with addresses of this machine, filters and sorts them, and ends as a text. Read are
the parts that Consul's documentation shows. Source: the documentation of hashicorp/go-sockaddr/template.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`|([A-Za-z0-9_.:/-]+)|(\|))')
BEYOND = {4: "10.255.255.255", 6: "2001:db8::1"}
"""Addresses of other networks: what would be sent there leaves by the default route."""
RFCS = {
    "1918": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    "3927": ("169.254.0.0/16",),
    "4193": ("fc00::/7",),
    "4291": ("fe80::/10", "::1/128", "::/128"),
    "6598": ("100.64.0.0/10",),
}
Address = IPv4Address | IPv6Address
Arguments = list[str]


class Interface(NamedTuple):
    """One address of an interface."""

    name: str
    address: Address
    network: IPv4Network | IPv6Network
    up: bool
    default: bool
    """What leaves for other networks bears this address."""

    @property
    def flags(self) -> frozenset[str]:
        """Those that templates may ask for."""
        ip = self.address
        forwardable = not (ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified)
        said = {"up": self.up, "loopback": ip.is_loopback, "forwardable": forwardable, "multicast": ip.is_multicast}
        return frozenset(name for name, holds in said.items() if holds)

    @property
    def private(self) -> bool:
        """RFC 6890: of no use beyond its own network."""
        return self.address.is_private or _of_rfc(self, "6598")


Interfaces = list[Interface]


def filled(text: str) -> str:
    """The text with what each template stands for in its place. Raises ValueError if that is nothing."""
    return _TEMPLATE.sub(lambda found: _outcome(found[1]), text) if "{{" in text else text


def interfaces() -> Interfaces:
    """The addresses of this machine."""
    import psutil  # few files have templates

    stats, ways = psutil.net_if_stats(), {_way_out(version) for version in BEYOND}
    found = []
    for name, addresses in psutil.net_if_addrs().items():
        up = name in stats and stats[name].isup
        for one in addresses:
            if one.family in (socket.AF_INET, socket.AF_INET6):
                address = ip_address(one.address.partition("%")[0])
                network = ip_network(f"{address}/{_prefix(one.netmask, address)}", strict=False)
                found.append(Interface(name, address, network, up, str(address) in ways))
    return found


def _prefix(netmask: str | None, address: Address) -> int:
    return bin(int(ip_address(netmask))).count("1") if netmask else address.max_prefixlen


def _way_out(version: int) -> str:
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((BEYOND[version], 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def _outcome(pipeline: str) -> str:
    (name, arguments), *steps = _parsed(pipeline)
    value: Interfaces | str = _of(SOURCES, name)(arguments)
    for name, arguments in steps:
        if isinstance(value, str):
            raise ValueError(f"{{key}}: {name} comes after a text, and takes addresses of interfaces.")
        value = _of(STEPS, name)(value, arguments)
    if not isinstance(value, str):
        value = " ".join(str(one.address) for one in value)
    if not value.strip():
        raise ValueError(
            f"{{key}}: the template {{{{{pipeline}}}}} finds no address of this machine: `ip addr` lists them."
        )
    return value


def _parsed(pipeline: str) -> list[tuple[str, Arguments]]:
    stages: list[list[str]] = [[]]
    at = 0
    while pipeline[at:].strip():
        token = _TOKEN.match(pipeline, at)
        if token is None:
            raise ValueError(f"{{key}}: the template {{{{{pipeline}}}}} cannot be read at {pipeline[at:].strip()!r}.")
        at = token.end()
        if token[4]:
            stages.append([])
        else:
            stages[-1].append(next(group for group in token.groups() if group is not None))
    if not all(stages):
        raise ValueError(f"{{key}}: a part of the template {{{{{pipeline}}}}} is empty.")
    return [(stage[0], stage[1:]) for stage in stages]


def _of(table: dict[str, Callable[..., object]], name: str) -> Callable[..., Interfaces | str]:
    if name not in table:
        raise ValueError(f"{{key}}: {name} is no part of a template here: {', '.join(table)} are.")
    return table[name]  # type: ignore[return-value]  # what the two tables below hold


# -- sources ---------------------------------------------------------------------


def _sorted(found: Interfaces) -> Interfaces:
    """Those of the default route first, IPv4 before IPv6, smaller networks before larger."""
    return sorted(found, key=lambda one: (not one.default, one.address.version, -one.network.prefixlen))


def _usable(private: bool) -> Interfaces:
    usable = {"forwardable", "up"}
    return _sorted([one for one in interfaces() if usable <= one.flags and one.private is private])


def _first(found: Interfaces) -> str:
    return str(found[0].address) if found else ""


def _every(found: Interfaces) -> str:
    return " ".join(str(one.address) for one in found)


def _named(arguments: Arguments) -> Interfaces:
    return _sorted([one for one in interfaces() if "forwardable" in one.flags and one.name == _one(arguments)])


SOURCES: dict[str, Callable[..., object]] = {
    "GetAllInterfaces": lambda _: interfaces(),
    "GetDefaultInterfaces": lambda _: [one for one in interfaces() if one.default],
    "GetPrivateInterfaces": lambda _: _usable(private=True),
    "GetPublicInterfaces": lambda _: _usable(private=False),
    "GetPrivateIP": lambda _: _first(_usable(private=True)),
    "GetPrivateIPs": lambda _: _every(_usable(private=True)),
    "GetPublicIP": lambda _: _first(_usable(private=False)),
    "GetPublicIPs": lambda _: _every(_usable(private=False)),
    "GetInterfaceIP": lambda arguments: _first(_named(arguments)),
    "GetInterfaceIPs": lambda arguments: _every(_named(arguments)),
}


# -- steps -----------------------------------------------------------------------


def _one(arguments: Arguments) -> str:
    if len(arguments) != 1:
        raise ValueError("{key}: a part of the template takes one argument, in quotes.")
    return arguments[0]


def _kept(arguments: Arguments, *, if_so: bool) -> Callable[[Interface], bool]:
    if len(arguments) != 2 or arguments[0] not in CRITERIA:
        raise ValueError(f"{{key}}: include and exclude take one of {', '.join(CRITERIA)}, and a value.")
    holds, value = CRITERIA[arguments[0]], arguments[1]
    return lambda one: holds(one, value) is if_so


def _of_rfc(one: Interface, rfc: str) -> bool:
    if rfc == "6890":
        return one.private
    if rfc not in RFCS:
        raise ValueError(
            f"{{key}}: networks of RFC {rfc} are not known here: {', '.join(sorted({*RFCS, '6890'}))} are."
        )
    return any(one.address in ip_network(network) for network in RFCS[rfc])


def _fits(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error as error:
        raise ValueError(f"{{key}}: {pattern!r} is no regular expression: {error}.") from None


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{{key}}: {text!r} stands where a template takes a whole number.")
    return int(text)


CRITERIA: dict[str, Callable[[Interface, str], bool]] = {
    "address": lambda one, value: _fits(value, str(one.address)),
    "flag": lambda one, value: one.flags >= set(value.split("|")),
    "flags": lambda one, value: one.flags >= set(value.split("|")),
    "name": lambda one, value: _fits(value, one.name),
    "network": lambda one, value: one.address in ip_network(value, strict=False),
    "rfc": _of_rfc,
    "size": lambda one, value: one.network.prefixlen == _whole(value.removeprefix("/")),
    "type": lambda one, value: value.lower() in ("ip", f"ipv{one.address.version}"),
}
ORDERS: dict[str, Callable[[Interface], object]] = {
    "address": lambda one: (one.address.version, int(one.address)),
    "default": lambda one: not one.default,
    "name": lambda one: one.name,
    "private": lambda one: not one.private,
    "size": lambda one: -one.network.prefixlen,
    "type": lambda one: one.address.version,
}
ATTRIBUTES: dict[str, Callable[[Interface], str]] = {
    "address": lambda one: str(one.address),
    "name": lambda one: one.name,
    "network": lambda one: str(one.network),
    "type": lambda one: f"IPv{one.address.version}",
}


def _in_order(found: Interfaces, arguments: Arguments) -> Interfaces:
    for criterion in reversed(_one(arguments).split(",")):
        name = criterion.strip().lstrip("+-")
        if name not in ORDERS:
            raise ValueError(
                f"{{key}}: sort takes {', '.join(ORDERS)}, each with a - before it for the other way round."
            )
        found = sorted(found, key=ORDERS[name], reverse=criterion.strip().startswith("-"))  # type: ignore[arg-type]
    return found


def _attribute(name: str) -> Callable[[Interface], str]:
    if name not in ATTRIBUTES:
        raise ValueError(f"{{key}}: an address has no attribute {name}: it has {', '.join(ATTRIBUTES)}.")
    return ATTRIBUTES[name]


def _joined(found: Interfaces, arguments: Arguments) -> str:
    if len(arguments) != 2:
        raise ValueError("{key}: join takes an attribute and what stands between.")
    return arguments[1].join(map(_attribute(arguments[0]), found))


STEPS: dict[str, Callable[..., object]] = {
    "include": lambda found, arguments: list(filter(_kept(arguments, if_so=True), found)),
    "exclude": lambda found, arguments: list(filter(_kept(arguments, if_so=False), found)),
    "sort": _in_order,
    "unique": lambda found, arguments: list(
        {_attribute(_one(arguments))(one): one for one in reversed(found)}.values()
    )[::-1],
    "limit": lambda found, arguments: found[: _whole(_one(arguments))],
    "offset": lambda found, arguments: found[_whole(_one(arguments)) :],
    "attr": lambda found, arguments: _attribute(_one(arguments))(found[0]) if found else "",
    "join": _joined,
}
