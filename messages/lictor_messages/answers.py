"""What every read carries and what every read answers."""

from __future__ import annotations

from typing import Literal

from lictor_messages.base import STORED, WIRE, Message

Consistency = Literal["default", "consistent", "stale"]


class Query(Message):
    """A read. It blocks while its index is at most ``min_index``, for up to ``wait_ns``."""

    dc: str = ""
    """Datacenter asked for; "" is the agent's own."""
    consistency: Consistency = "default"
    max_stale_ns: int = 0
    """With stale: ask the leader instead if the server last heard it longer ago than this (0: any age will do)."""
    min_index: int = 0
    wait_ns: int = 0
    """0 with min_index > 0 means the default of five minutes."""
    rendered: bool = False
    """True: answer Rendered (Consul's JSON) instead of the typed answer, or LargeAnswer if that is too large."""


class Answer(Message):
    """What every answer to a Query carries: the headers of Consul's HTTP API."""

    index: int = 1
    known_leader: bool = True
    last_contact_ms: int = 0


class Rendered(Answer, kind="answers.rendered", on=WIRE):
    """An answer as Consul's JSON, made once per query and index; ``found`` is False for a KV miss (HTTP 404)."""

    body: bytes
    found: bool = True


class RenderedInPart(Rendered, kind="answers.rendered_in_part", on=WIRE):
    """The same without rows that the asker may not see."""


class Command(Message):
    """A write: goes through the leader's log; ``apply`` answers a repeat of (asker, request) with the first outcome."""

    dc: str = ""


class Written(Message, kind="answers.written", on=WIRE | STORED):
    """The outcome of a write at log index ``index``; ``ok`` is False for a lost compare-and-set."""

    ok: bool = True
    index: int = 0
