from __future__ import annotations

from typing import Any

import pytest

from lictor_actors.store.store import Store
from lictor_messages.answers import Answer, Query, Written
from lictor_messages.base import Message
from lictor_messages.catalog import CheckRecord, Deregister, NodeRecord, Register, ServiceRecord
from lictor_messages.kv import DeleteKey, PutKey


class Log:
    """A store fed by a log that counts its own indexes; after every command its invariants are checked."""

    def __init__(self) -> None:
        self.store = Store()
        self.index = 10

    def apply(self, command: Message) -> Message:
        self.index += 1
        outcome = self.store.apply(self.index, self.index * 1_000_000, command)
        self.store.check()
        return outcome

    def ok(self, command: Message) -> bool:
        outcome = self.apply(command)
        assert isinstance(outcome, Written), outcome
        assert outcome.index == self.index
        return outcome.ok

    def put(self, key: str, value: bytes = b"v", **fields: Any) -> bool:
        return self.ok(PutKey(key=key, value=value, **fields))

    def delete(self, key: str, **fields: Any) -> bool:
        return self.ok(DeleteKey(key=key, **fields))

    def node(self, name: str, address: str = "10.0.0.1", **fields: Any) -> bool:
        return self.ok(Register(node=NodeRecord(node=name, address=address, **fields)))

    def service(self, node: str, service: str, **fields: Any) -> bool:
        record = ServiceRecord(node="", id=fields.pop("id", ""), service=service, **fields)
        place = NodeRecord(node=node, address="10.0.0.1")
        return self.ok(Register(node=place, skip_node_update=True, service=record))

    def check(self, node: str, check_id: str, status: str = "passing", **fields: Any) -> bool:
        record = CheckRecord.model_validate({"node": "", "check_id": check_id, "name": "", "status": status, **fields})
        return self.ok(Register(node=NodeRecord(node=node, address=""), skip_node_update=True, checks=(record,)))

    def deregister(self, node: str, **fields: Any) -> bool:
        return self.ok(Deregister(node=node, **fields))

    def ask(self, query: Query) -> Any:
        return self.store.evaluate(query)

    def at(self, query: Query) -> int:
        answer: Answer = self.store.evaluate(query)
        return answer.index


@pytest.fixture
def log() -> Log:
    return Log()
