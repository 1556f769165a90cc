"""Locks on keys: taken and given back by sessions, lost with them, and then shunned for the session's lock-delay.

Lock-delay is reckoned in the log's own time, which leaders stamp on entries. Consul keeps it in the leader's memory by
the leader's clock: there it is lost at failover, and an acquisition that is already on its way slips past it. Source of
the rules: Consul's state store (kvs), sessions page ("lock-delay", after Burrows, The Chubby lock service, 2.4).
"""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.store.families.kv.table import KeyTable
from lictor_actors.store.log_clock import LogClock
from lictor_messages.kv import DeleteKey
from lictor_messages.sessions import LOCK_DELAY_MAX_NS, SessionRecord


class Locks:
    """The lock fields of keys. The caller makes sure that a session which acquires exists."""

    __slots__ = ("clock", "delays", "kv")

    def __init__(self, kv: KeyTable, clock: LogClock) -> None:
        self.kv = kv
        self.clock = clock
        self.delays: dict[str, tuple[int, int]] = {}
        """Key → when it was lost, and the lock-delay; in the order in which they were lost."""

    def delayed(self, key: str) -> bool:
        """Whether the key was lost so recently that nobody may lock it yet."""
        lost = self.delays.get(key)
        return lost is not None and not self._over(*lost)

    def acquire(self, key: str, value: bytes, flags: int, session: str, index: int) -> bool:
        """Lock the key and set it; the holder may do so again, which counts as no new acquisition."""
        old = self.kv.entries.get(key)
        if old is not None and old.session not in ("", session):
            return False
        lock_index = old.lock_index if old is not None else 0
        if old is None or not old.session:
            lock_index += 1
        self.kv.write(key, value, flags, session, lock_index, index)
        return True

    def release(self, key: str, value: bytes, flags: int, session: str, index: int) -> bool:
        """Unlock the key and set it, if this session holds it. Given back of its own free will: no delay."""
        old = self.kv.entries.get(key)
        if old is None or not session or old.session != session:
            return False
        self.kv.write(key, value, flags, "", old.lock_index, index)
        return True

    def lose(self, session: SessionRecord, index: int) -> None:
        """The session is gone: its keys are released or deleted, as it said, and shunned for its lock-delay."""
        keys = sorted(self.kv.held.get(session.id, ()))
        delay = min(session.lock_delay_ns, LOCK_DELAY_MAX_NS)
        for key in keys:
            if session.behavior == "delete":
                self.kv.delete(DeleteKey(key=key), index)
            else:
                old = self.kv.entries[key]
                self.kv.write(key, old.value, old.flags, "", old.lock_index, index)
        if keys and delay > 0:
            self._forget_old()
            for key in keys:
                self.delays.pop(key, None)
                self.delays[key] = (self.clock.now, delay)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        for key, (lost, delay) in self.delays.items():
            yield key, lost, delay

    def _over(self, lost: int, delay: int) -> bool:
        """Should log time ever be set back, the delay does not last until it has caught up again."""
        return abs(self.clock.now - lost) >= delay

    def _forget_old(self) -> None:
        for key in [key for key, (lost, _) in self.delays.items() if self._over(lost, LOCK_DELAY_MAX_NS)]:
            del self.delays[key]
