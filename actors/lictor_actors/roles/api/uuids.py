"""Ids that HTTP requests name."""

from __future__ import annotations

from lictor_actors.consul.uuids import as_made
from lictor_actors.roles.api.request import HttpError

UUID_LENGTH = 36


class MalformedId(HttpError):
    """An id that no row can have."""


def known_uuid(given: str, of: str) -> str:
    """The id as it is stored; raises MalformedId, in Consul's words, if it has not the length of one."""
    if len(given) != UUID_LENGTH:
        raise MalformedId(500, f"failed {of} lookup: index error: UUID must be 36 characters")
    return as_made(given)
