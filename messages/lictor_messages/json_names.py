"""What Consul's JSON calls a field of a record, said once, beside the field::

    tls_skip_verify: Annotated[bool, Json("TLSSkipVerify")] = False

Decoders of bodies, rows, filters and schemas are made of this by ``lictor_actors.consul``; here it is only said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JsonKind = Literal[
    "", "base64", "check_ids", "connect", "dns", "duration", "index", "lock_delay", "proxy", "reals", "time", "unsigned"
]
"""How a value is written where its Python type leaves that open; "" is the type's own way."""


@dataclass(frozen=True, slots=True)
class Json:
    """A field's place in the JSON of its record. Rows have the fields in the order in which they are declared."""

    name: str
    kind: JsonKind = ""
    empty: Literal["shown", "null", "omitted"] = "shown"
    """What a row says of an empty value."""
    before: str = ""
    """The name in front of which it is written, if that is another place than its own."""
    selectable: bool = True
    """Whether a filter may name it."""
