"""Definitions of services and checks, as an agent takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from lictor_actors.consul.kinds import ARGS, NO_SCRIPT, TEXT
from lictor_actors.consul.parts import as_read, list_read
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.catalog import ENTERPRISE, INDEXES, NOT_RUN, SERVICE_PARTS
from lictor_messages.agent import CheckSpec, UpdateCheck
from lictor_messages.catalog import ServiceRecord

_OF_AGENT = Struct("AgentService", ServiceRecord, SERVICE_PARTS, without=INDEXES).fields
_EMPTY_HERE: Mapping[str, Literal["shown", "omitted"]] = {"Meta": "shown", "Proxy": "omitted", "Connect": "omitted"}
AGENT_SERVICE = Struct(
    "AgentService",
    ServiceRecord,
    fields=[replace(field, empty=_EMPTY_HERE.get(field.name, field.empty)) for field in _OF_AGENT],
)
"""A service as its own agent tells of it; the datacenter is added there."""

_CHECK_ALSO = {
    **NOT_RUN,
    **dict.fromkeys(("ID", "ProxyHTTP", "ProxyGRPC"), TEXT),
    "ScriptArgs": ARGS,
    "Script": NO_SCRIPT,
    **ENTERPRISE,
}
_CHECK_FIRST = {"CheckID": ("CheckID", "ID"), "Args": ("Args", "ScriptArgs")}
CHECK_TYPE = Struct("CheckType", CheckSpec, also_read=_CHECK_ALSO, first_of=_CHECK_FIRST, snake=True)
"""A check in the definition of a service."""
CHECK_DEFINITION = Struct("CheckDefinition", CheckSpec, also_read=_CHECK_ALSO, first_of=_CHECK_FIRST, snake=True)
"""A check by itself."""
SERVICE_DEFINITION = Struct(
    "ServiceDefinition",
    ServiceRecord,
    SERVICE_PARTS,
    renamed={"Service": "Name"},
    without=INDEXES,
    also_read={
        "Check": as_read(CHECK_TYPE),
        "Checks": list_read(CHECK_TYPE, "*structs.CheckType"),
        "Token": TEXT,
        **ENTERPRISE,
    },
    snake=True,
)
STATUS_UPDATE = Struct("checkUpdate", UpdateCheck)
