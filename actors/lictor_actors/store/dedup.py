"""A write that is retried with the same request id is answered with its first outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import ormsgpack

from lictor_messages.answers import Written
from lictor_messages.base import KINDS_ON, STORED, Message, read
from lictor_messages.refusals import Refused

REMEMBERED_NS = 60_000_000_000
BUCKET_NS = 10_000_000_000
ROW_OUTCOMES = 512
"""Outcomes that share a row of a snapshot: under load most of its rows would be theirs, at 0.7 µs each."""
OUTCOME_MOST = 64 * 1024
"""Bytes of an outcome that is remembered. What a transaction read may be anything, and a row of a snapshot that no
server can read back would be the end of all of them."""
KEY_MOST = 512
"""Characters of (asker, request) that are kept as they are."""
WORDS_MOST = 1024
NOT_KEPT = "it was done before; what it read was too large to be kept for a repeat: read it again"

Short = int | tuple[str, Message]
"""An outcome as it is kept: hundreds of thousands are remembered under load, so a Written is its index, negated when it
did not hold. Any other is its kind and the message."""


class Dedup:
    """Outcomes by (asker, request) for at least 60 s of log time, the time that leaders stamp on entries.

    Kept in buckets of 10 s that are dropped whole: forgetting costs nothing per write. Time is reckoned in steps
    from entry to entry, none backwards and none over 10 s: a leader whose clock is behind, ahead or set while it
    leads makes nobody forget too soon and nothing last for ever.
    """

    __slots__ = ("_buckets", "_last", "_now")

    def __init__(self) -> None:
        self._now = 0
        self._last = 0
        self._buckets: dict[int, dict[str, Short]] = {}

    def first_outcome(self, asker: str, request: str, at_ns: int) -> Message | None:
        """What this request was answered before, or None if it is new (or carries no id)."""
        if at_ns != self._last:  # entries that are proposed together have one stamp
            self._advance(at_ns)
        if not request:
            return None
        key = _key(asker, request)
        for bucket in self._buckets.values():
            short = bucket.get(key)
            if short is not None:
                return _expand(short)
        return None

    def remember(self, asker: str, request: str, outcome: Message) -> None:
        """Keep this outcome under the log time of the last ``first_outcome``."""
        if request:
            self._buckets.setdefault(self._now // BUCKET_NS, {})[_key(asker, request)] = _shorten(outcome)

    @property
    def last(self) -> int:
        """The log time of the last entry, as its leader stamped it; 0 before the first."""
        return self._last

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        for at, bucket in self._buckets.items():
            for key, outcome in bucket.items():
                yield at, key, repr(outcome)

    def rows(self) -> Sequence[object]:
        """For a snapshot: the time, and what is remembered."""
        rows: list[object] = [("now", self._now, self._last)]
        for at, bucket in self._buckets.items():
            keys, shorts = tuple(bucket), tuple(bucket.values())
            for first in range(0, len(keys), ROW_OUTCOMES):
                rows.append((at, keys[first : first + ROW_OUTCOMES], shorts[first : first + ROW_OUTCOMES]))
        return rows

    def load(self, row: Any) -> None:
        """Put back one row of a snapshot."""
        at, keys, shorts = row[:3]
        if at == "now":
            self._now, self._last = keys, shorts
        elif isinstance(keys, str):  # from a time when each had a row of its own
            self._buckets.setdefault(at, {})[keys] = _loaded(shorts)
        else:
            self._buckets.setdefault(at, {}).update(zip(keys, map(_loaded, shorts), strict=True))

    def _advance(self, at_ns: int) -> None:
        before, step = self._now // BUCKET_NS, at_ns - self._last
        self._last = at_ns
        self._now += min(max(0, step), BUCKET_NS)
        if self._now // BUCKET_NS != before:
            oldest = (self._now - REMEMBERED_NS) // BUCKET_NS
            for bucket in [b for b in self._buckets if b < oldest]:
                del self._buckets[bucket]


def _key(asker: str, request: str) -> str:
    key = f"{asker}\0{request}"
    return key if len(key) <= KEY_MOST else hashlib.sha256(key.encode()).hexdigest()


def _shorten(outcome: Message) -> Short:
    if type(outcome) is Written and outcome.index > 0:
        return outcome.index if outcome.ok else -outcome.index
    if len(ormsgpack.packb(outcome, option=ormsgpack.OPT_SERIALIZE_PYDANTIC)) > OUTCOME_MOST:
        outcome = _cut(outcome)
    return outcome.kind, outcome


def _cut(outcome: Message) -> Message:
    """A refusal stays as definite as it was; of anything else only that it happened is known."""
    if isinstance(outcome, Refused):
        return outcome.model_copy(update={"text": outcome.text[:WORDS_MOST]})
    return Refused(code="TimedOut", text=NOT_KEPT)


def _expand(short: Short) -> Message:
    return Written(ok=short > 0, index=abs(short)) if isinstance(short, int) else short[1]


def _loaded(plain: Any) -> Short:
    return plain if isinstance(plain, int) else (plain[0], read(KINDS_ON[STORED][plain[0]], plain[1]))
