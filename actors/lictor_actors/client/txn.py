"""Transactions as clients see them: Consul's /v1/txn, up to 128 operations that happen all or not at all."""

from __future__ import annotations

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration
from lictor_actors.client.errors import TransactionFailed
from lictor_actors.client.questions import ask, to_bytes
from lictor_messages.txn import KeyOperation, Operation, Result, Transact, Transacted


class Op:
    """Operations on keys, each made by a method. Those on nodes, services, checks and sessions are ``Operation``s."""

    @staticmethod
    def set(key: str, value: bytes | str = b"", *, flags: int = 0) -> Operation:
        """Set a key."""
        return _on("set", key, value, flags=flags)

    @staticmethod
    def cas(key: str, value: bytes | str, index: int, *, flags: int = 0) -> Operation:
        """Set a key whose ModifyIndex is ``index`` (0: that does not exist), else fail."""
        return _on("cas", key, value, flags=flags, index=index)

    @staticmethod
    def lock(key: str, session: str, value: bytes | str = b"", *, flags: int = 0) -> Operation:
        """Lock a key for a session and set it, or fail."""
        return _on("lock", key, value, flags=flags, session=session)

    @staticmethod
    def unlock(key: str, session: str, value: bytes | str = b"", *, flags: int = 0) -> Operation:
        """Unlock a key that this session holds and set it, or fail."""
        return _on("unlock", key, value, flags=flags, session=session)

    @staticmethod
    def get(key: str) -> Operation:
        """Read a key; fails if it does not exist."""
        return _on("get", key)

    @staticmethod
    def get_tree(prefix: str) -> Operation:
        """Read all keys under a prefix: a result each."""
        return _on("get-tree", prefix)

    @staticmethod
    def check_index(key: str, index: int) -> Operation:
        """Fail unless the key's ModifyIndex is ``index``."""
        return _on("check-index", key, index=index)

    @staticmethod
    def check_session(key: str, session: str) -> Operation:
        """Fail unless this session holds the key."""
        return _on("check-session", key, session=session)

    @staticmethod
    def check_not_exists(key: str) -> Operation:
        """Fail if the key exists."""
        return _on("check-not-exists", key)

    @staticmethod
    def delete(key: str) -> Operation:
        """Delete a key, also one that does not exist."""
        return _on("delete", key)

    @staticmethod
    def delete_tree(prefix: str) -> Operation:
        """Delete all keys under a prefix."""
        return _on("delete-tree", prefix)

    @staticmethod
    def delete_cas(key: str, index: int) -> Operation:
        """Delete a key whose ModifyIndex is ``index``, else fail."""
        return _on("delete-cas", key, index=index)


class Transactions(Api[M]):
    """Several operations as one."""

    @both
    def apply(self, *operations: Operation, dc: str = "", timeout: Duration | None = None) -> Ask[tuple[Result, ...]]:
        """Do all of these in order and return what they found and wrote, or do nothing and raise TransactionFailed."""
        return ask(Transact(operations=operations, dc=dc), Transacted, _results, timeout)


def _on(
    verb: str, key: str, value: bytes | str = b"", *, flags: int = 0, index: int = 0, session: str = ""
) -> Operation:
    content = to_bytes(value)
    return Operation(kv=KeyOperation(verb=verb, key=key, value=content, flags=flags, index=index, session=session))


def _results(answer: Transacted) -> tuple[Result, ...]:
    if answer.failures:
        raise TransactionFailed([(failure.op_index, failure.what) for failure in answer.failures])
    return answer.results
