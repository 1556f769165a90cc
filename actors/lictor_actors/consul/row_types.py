"""What the rows of each list look like to a filter: which selectors there are and of which kind.

A struct is a dict of its fields; the key ``ANY`` makes it a map; a list of one struct is a slice of structs.
Indexes are not selectable, as in Consul.
"""

from __future__ import annotations

from typing import Any

STRING = "string"
INT = "int"
BOOL = "bool"
STRINGS = "strings"
"""A slice of strings."""
ANY = "*"

Kind = str | dict[str, Any] | list[Any]

_META: Kind = {ANY: STRING}
_WEIGHTS: Kind = {"Passing": INT, "Warning": INT}
_ADDRESSES: Kind = {ANY: {"Address": STRING, "Port": INT}}
_PROXY: Kind = {"Mode": STRING, "MeshGateway": {"Mode": STRING}, "Expose": {"Checks": BOOL}}
_CONNECT: Kind = {"Native": BOOL}

_NODE: dict[str, Kind] = {
    "ID": STRING,
    "Node": STRING,
    "Address": STRING,
    "Datacenter": STRING,
    "TaggedAddresses": _META,
    "Meta": _META,
}
_SERVICE: dict[str, Kind] = {
    "Kind": STRING,
    "ID": STRING,
    "Service": STRING,
    "Tags": STRINGS,
    "Address": STRING,
    "TaggedAddresses": _ADDRESSES,
    "Meta": _META,
    "Port": INT,
    "SocketPath": STRING,
    "Weights": _WEIGHTS,
    "EnableTagOverride": BOOL,
    "Proxy": _PROXY,
    "Connect": _CONNECT,
}
_CHECK: dict[str, Kind] = {
    "Node": STRING,
    "CheckID": STRING,
    "Name": STRING,
    "Status": STRING,
    "Notes": STRING,
    "Output": STRING,
    "ServiceID": STRING,
    "ServiceName": STRING,
    "ServiceTags": STRINGS,
    "Type": STRING,
    "Interval": STRING,
    "Timeout": STRING,
    "ExposedPort": INT,
}
_PLACEMENT: dict[str, Kind] = {
    "ID": STRING,
    "Node": STRING,
    "Address": STRING,
    "Datacenter": STRING,
    "TaggedAddresses": _META,
    "NodeMeta": _META,
    "ServiceKind": STRING,
    "ServiceID": STRING,
    "ServiceName": STRING,
    "ServiceTags": STRINGS,
    "ServiceAddress": STRING,
    "ServiceTaggedAddresses": _ADDRESSES,
    "ServiceWeights": _WEIGHTS,
    "ServiceMeta": _META,
    "ServicePort": INT,
    "ServiceSocketPath": STRING,
    "ServiceEnableTagOverride": BOOL,
    "ServiceProxy": _PROXY,
    "ServiceConnect": _CONNECT,
}

ROW_TYPES: dict[str, dict[str, Kind]] = {
    "Node": _NODE,
    "NodeService": _SERVICE,
    "HealthCheck": _CHECK,
    "ServiceNode": _PLACEMENT,
    "CheckServiceNode": {"Node": _NODE, "Service": _SERVICE, "Checks": [_CHECK]},
}
"""Row type by Consul's name of it; /v1/agent/services has ``NodeService`` rows, /v1/agent/checks ``HealthCheck``."""
