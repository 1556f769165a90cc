"""Locks and semaphores over the HTTP API, laid out in keys as Consul's own clients do, so that both can compete.

A lock is the key PREFIX/.lock, acquired by a session. A semaphore has one key per contender, PREFIX/SESSION, and in
PREFIX/.lock the limit and the holders as JSON, changed by compare-and-set; holders whose session has ended are dropped
by whoever looks next. Sources: Consul's guides on leader election and on semaphores.
"""

from __future__ import annotations

import json
import time
from base64 import b64decode
from typing import Any, Protocol

from lictor_deploy.cli.http_api import HttpApi, escaped, expect
from lictor_deploy.words.sentence import Failure

TTL_S = 15
WAIT_S = 15.0
"""How long one read blocks; a lock-delay ends without anything changing, so nobody may sleep much longer."""
RETRY_S = 0.5
LOCK_FLAGS = 0x2DDCCBC058A50C18
SEMAPHORE_FLAGS = 0xE0F69A2BAA414DE0
"""By these Consul's clients tell lock keys from any others."""


class Contest(Protocol):
    """Something to be held."""

    session: str

    def attempt(self) -> bool:
        """Try once."""

    def wait(self, at_most_s: float) -> None:
        """Until another try is worth it."""

    def still_held(self, wait_s: float) -> bool:
        """Look whether it is still held; blocks for up to so long while nothing changes."""

    def give_back(self) -> None:
        """Let others have it."""


class KeyLock:
    """One holder at a time."""

    behavior = "release"
    """What becomes of the keys when the session ends."""

    def __init__(self, api: HttpApi, prefix: str, session: str) -> None:
        self.session = session
        self._api = api
        self._path = f"/v1/kv/{escaped(prefix)}/.lock"
        self._index = 0

    def attempt(self) -> bool:
        """Acquire the key, unless it is there already and is no lock: somebody's data would be gone."""
        entry = self._look(0.0)
        if entry is not None and entry["Flags"] != LOCK_FLAGS:
            raise Failure("Existing key does not match lock use")
        answer = expect(self._api.put(self._path, acquire=self.session, flags=str(LOCK_FLAGS)))
        return answer.text == "true"

    def wait(self, at_most_s: float) -> None:
        """Until the holder changes; a key that is free is shunned for its lock-delay."""
        entry = self._look(0.0)
        if entry is None or not entry.get("Session"):
            time.sleep(min(RETRY_S, at_most_s))
        else:
            self._look(min(WAIT_S, at_most_s))

    def still_held(self, wait_s: float) -> bool:
        """Whether the key is still this session's."""
        entry = self._look(wait_s)
        return entry is not None and entry.get("Session") == self.session

    def give_back(self) -> None:
        """Release the key; remove it, unless somebody else has it by now."""
        expect(self._api.put(self._path, release=self.session, flags=str(LOCK_FLAGS)))
        entry = self._look(0.0)
        if entry is not None and not entry.get("Session"):
            self._api.delete(self._path, cas=str(entry["ModifyIndex"]))

    def _look(self, wait_s: float) -> dict[str, Any] | None:
        query = {"index": str(self._index), "wait": f"{max(wait_s, 0.01):.2f}s"} if wait_s and self._index else {}
        answer = self._api.get(self._path, consistent="", **query)
        self._index = answer.wait_index
        rows = [] if answer.status == 404 else expect(answer).rows()
        return rows[0] if rows else None


class Semaphore:
    """Up to ``limit`` holders at a time."""

    behavior = "delete"  # or the key of a contender that died would stay for ever

    def __init__(self, api: HttpApi, prefix: str, session: str, limit: int) -> None:
        self.session = session
        self._api = api
        self._prefix = prefix
        self._lock = f"/v1/kv/{escaped(prefix)}/.lock"
        self._limit = limit
        self._index = 0
        self._entered = False

    def attempt(self) -> bool:
        """Become a contender, then a holder if there is room."""
        if not self._entered:
            mine = f"/v1/kv/{escaped(self._prefix)}/{self.session}"
            answer = expect(self._api.put(mine, acquire=self.session, flags=str(SEMAPHORE_FLAGS)))
            if answer.text != "true":
                raise Failure("Error! Failed to make contender entry")
            self._entered = True
        holders, lock_index = self._holders(0.0)
        if self.session in holders:
            return True
        return len(holders) < self._limit and self._write([*holders, self.session], lock_index)

    def wait(self, at_most_s: float) -> None:
        """Until any key of the semaphore changes."""
        self._holders(min(WAIT_S, at_most_s))

    def still_held(self, wait_s: float) -> bool:
        """Whether this session is still a holder."""
        return self.session in self._holders(wait_s)[0]

    def give_back(self) -> None:
        """Leave the holders, and the contest; the last one removes the key, and with it the limit."""
        while True:
            holders, lock_index = self._holders(0.0)
            if self.session not in holders:
                break
            others = [holder for holder in holders if holder != self.session]
            if self._write(others, lock_index) if others else self._remove(lock_index):
                break
        self._api.delete(f"/v1/kv/{escaped(self._prefix)}/{self.session}")

    def _holders(self, wait_s: float) -> tuple[list[str], int]:
        """Holders whose session lives, and the ModifyIndex of the key that lists them (0: there is none)."""
        query = {"index": str(self._index), "wait": f"{max(wait_s, 0.01):.2f}s"} if wait_s and self._index else {}
        answer = self._api.get(f"/v1/kv/{escaped(self._prefix)}/", recurse="", consistent="", **query)
        self._index = answer.wait_index
        entries = [] if answer.status == 404 else expect(answer).rows()
        alive = [entry["Session"] for entry in entries if entry.get("Session")]
        lock = next((entry for entry in entries if entry["Key"] == f"{self._prefix}/.lock"), None)
        if lock is None:
            return [], 0
        return [holder for holder in self._listed(lock) if holder in alive], lock["ModifyIndex"]

    def _listed(self, lock: dict[str, Any]) -> list[str]:
        if lock["Flags"] != SEMAPHORE_FLAGS:
            raise Failure("Existing key does not match semaphore use")
        if not lock["Value"]:
            return []
        content = json.loads(b64decode(lock["Value"]))
        if content["Limit"] != self._limit:
            raise Failure(f"Semaphore limit conflict (lock: {content['Limit']}, local: {self._limit})")
        return list(content["Holders"] or {})

    def _write(self, holders: list[str], lock_index: int) -> bool:
        content = {"Limit": self._limit, "Holders": dict.fromkeys(holders, True)}
        body = json.dumps(content).encode()
        return expect(self._api.put(self._lock, body, cas=str(lock_index), flags=str(SEMAPHORE_FLAGS))).text == "true"

    def _remove(self, lock_index: int) -> bool:
        return expect(self._api.delete(self._lock, cas=str(lock_index))).text == "true"
