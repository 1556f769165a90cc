"""Prepared queries."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from lictor_actors.consul.kinds import TEXT
from lictor_actors.consul.parts import one_or_more, part_of
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.catalog import ENTERPRISE
from lictor_messages.base import Record
from lictor_messages.json_names import Json
from lictor_messages.queries import FailoverTarget, PreparedQuery, QueryFailover, QueryTemplate, ServiceQuery

_TARGET = Struct("QueryFailoverTarget", FailoverTarget, also_read=ENTERPRISE)
_FAILOVER = Struct("QueryFailoverOptions", QueryFailover, (one_or_more(_TARGET),))
SERVICE_QUERY = Struct(
    "ServiceQuery",
    ServiceQuery,
    (one_or_more(_FAILOVER),),
    also_read={"SamenessGroup": TEXT, "Peer": TEXT, **ENTERPRISE},
)
_TEMPLATE = Struct("QueryTemplateOptions", QueryTemplate)


class _Dns(Record):
    ttl: Annotated[str, Json("TTL")] = ""


_DNS = Struct("QueryDNSOptions", _Dns)
QUERY = Struct(
    "PreparedQuery",
    PreparedQuery,
    (
        one_or_more(_TEMPLATE),
        one_or_more(SERVICE_QUERY),
        {"dns": replace(part_of(_DNS), written="{'TTL': VALUE}", kept=lambda dns: dns.get("TTL", ""), shown=None)},
    ),
    also_read={"Near": TEXT},
)
