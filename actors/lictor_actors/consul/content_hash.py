"""The hash by which clients wait for a change of one service of an agent: the very number that Consul reckons.

Consul hashes Go's struct ``api.AgentService`` with mitchellh/hashstructure 1: FNV-1 of 64 bits of each value in its
binary form; elements of a list one after the other; fields of a struct and keys of a map in no order, by exclusive or.
The names of the structs and of all their fields count, so they stand here as Consul 1.22 has them. What the mesh
keeps as JSON, ``Proxy``, counts with a hash of its text: Consul's number for a proxy is another.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from functools import cache, reduce
from operator import xor

from lictor_messages.catalog import ServiceRecord

FNV_OFFSET, FNV_PRIME, BITS_64 = 0xCBF29CE484222325, 0x100000001B3, 2**64 - 1


def content_hash(record: ServiceRecord) -> str:
    """Hexadecimal, without leading zeros. Where a service lies, and in which datacenter, makes no difference."""
    places = {one.name: _struct("ServiceAddress", _address(one.address, one.port)) for one in record.tagged_addresses}
    connect = {"Native": _bool(True), "SidecarService": NIL}
    fields = {
        "Kind": _text(record.kind),
        "ID": _text(record.id),
        "Service": _text(record.service),
        "Tags": _list(map(_text, record.tags)),
        "Meta": _map({key: _text(value) for key, value in record.meta.items()}),
        **_address(record.address, record.port),
        "Ports": _list(_port(one.name, one.port, one.default) for one in record.ports),
        "SocketPath": _text(record.socket_path),
        "TaggedAddresses": _map(places),
        "Weights": _struct(
            "AgentWeights", {"Passing": _int(record.weights.passing), "Warning": _int(record.weights.warning)}
        ),
        "EnableTagOverride": _bool(record.enable_tag_override),
        "CreateIndex": _int(0),
        "ModifyIndex": _int(0),
        "ContentHash": _text(""),
        "Proxy": _text(record.proxy) if record.proxy else NIL,
        "Connect": _struct("AgentServiceConnect", connect) if record.connect_native else NIL,
        "PeerName": _text(""),
        "AI": NIL,
    }
    return f"{_struct('AgentService', fields):x}"


def _address(address: str, port: int) -> dict[str, int]:
    return {"Address": _text(address), "Port": _int(port)}


def _port(name: str, port: int, default: bool) -> int:
    return _struct("ServicePort", {"Name": _text(name), "Port": _int(port), "Default": _bool(default)})


def _fnv(data: bytes) -> int:
    return reduce(lambda made, byte: (made * FNV_PRIME & BITS_64) ^ byte, data, FNV_OFFSET)


def _text(value: str) -> int:
    return _fnv(value.encode())


_name = cache(_text)
"""Of structs and their fields: there are few."""


def _int(value: int) -> int:
    return _fnv(struct.pack("<Q", value & BITS_64))


def _bool(value: bool) -> int:
    return _fnv(bytes((value,)))


NIL = _int(0)
"""A pointer that leads nowhere counts as the number 0."""


def _pair(one: int, other: int) -> int:
    return _fnv(struct.pack("<QQ", one, other))


def _list(elements: Iterable[int]) -> int:
    return reduce(_pair, elements, 0)


def _map(values: Mapping[str, int]) -> int:
    return reduce(xor, (_pair(_text(key), value) for key, value in values.items()), 0)


def _struct(name: str, fields: Mapping[str, int]) -> int:
    return reduce(xor, (_pair(_name(field), value) for field, value in fields.items()), _name(name))
