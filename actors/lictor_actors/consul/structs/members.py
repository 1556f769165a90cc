"""Members of the pool as Serf shows them."""

from __future__ import annotations

from collections.abc import Mapping

from lictor_actors.consul import decode
from lictor_actors.consul.kinds import INTEGER, TEXT, TEXT_MAP, VALUE, Kind, constant
from lictor_actors.consul.rows import Field
from lictor_actors.consul.selectors import ANY, INT, STRING
from lictor_actors.consul.serf import PROTOCOL_MAX, PROTOCOL_MIN, PROTOCOL_NOW
from lictor_actors.consul.struct import Struct
from lictor_messages.members import Member

STATUS_NUMBERS = {"alive": 1, "leaving": 2, "left": 3, "failed": 4}
"""Serf's numbers for the states of a member."""
PROTOCOLS = {
    "ProtocolMin": PROTOCOL_MIN,
    "ProtocolMax": PROTOCOL_MAX,
    "ProtocolCur": PROTOCOL_NOW,
    "DelegateMin": 2,
    "DelegateMax": 5,
    "DelegateCur": 4,
}
VERSIONS = {"vsn_min": "2", "vsn_max": "3", "segment": ""}
"""Tags that each member of this pool has alike; gossip does not carry them."""
NOT_HERE = {"acls": "0", "segment": "", "raft_vsn": "3", "ft_fs": "1", "ft_si": "1"}
"""Tags of Consul's servers, as they are where gossip says nothing else: with access control it says ``acls`` 1."""


def tags_shown(tags: Mapping[str, str]) -> dict[str, str]:
    """A member's tags with those that Consul writes beside them, in order."""
    implied = {**NOT_HERE, **VERSIONS} if tags.get("role") == "consul" else VERSIONS
    return dict(sorted({**implied, **tags}.items()))


TAGS = Kind(
    decode.string_map, TEXT_MAP.schema, {ANY: STRING}, written=f"tags_shown({VALUE})", names={"tags_shown": tags_shown}
)
STATUS = Kind(
    decode.integer, INTEGER.schema, INT, written=f"STATUS_NUMBERS[{VALUE}]", names={"STATUS_NUMBERS": STATUS_NUMBERS}
)
MEMBER = Struct(
    "Member",
    Member,
    fields=(
        Field("Name", "name", TEXT),
        Field("Addr", "address", TEXT),
        Field("Port", "port", INTEGER),
        Field("Tags", "tags", TAGS),
        Field("Status", "status", STATUS),
        *(Field(name, "", constant(name, number, INT)) for name, number in PROTOCOLS.items()),
    ),
)
"""One member; the names are those by which ``?filter`` selects."""
