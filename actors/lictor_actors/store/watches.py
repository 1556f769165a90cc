"""Blocked queries: parked by what they depend on, woken only by what concerns them.

Equal questions wait in one group and share one evaluation. A write costs a look-up for each thing it touched,
whatever the number of watchers; a group is looked at only if something in its scope was touched.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Generic, NamedTuple, TypeVar

from lictor_actors.store.families.every import FAMILIES
from lictor_actors.store.family import never_blocks
from lictor_actors.store.indexes import Scope, Touched
from lictor_actors.store.query_key import WAITING, QueryKey, question
from lictor_actors.store.store import Store
from lictor_messages.answers import Answer, Query

T = TypeVar("T")

GroupKey = tuple[QueryKey, Any]
PREFIX = " prefix"
"""``("key prefix", "a/")`` watches every ``("key", "a/…")``."""


def may_block(query: Query) -> bool:
    """Whether there is anything for this query to wait for: some, such as running a prepared query, never block."""
    return FAMILIES.reads[type(query)].scopes is not never_blocks


class _Waiting(NamedTuple):
    min_index: int
    ticket: Any


class _Group:
    """Everybody who waits for the same answer in the same form."""

    __slots__ = ("key", "query", "scopes", "waiting")

    def __init__(self, key: GroupKey, query: Query) -> None:
        self.key = key
        self.query = query
        self.scopes = FAMILIES.reads[type(query)].scopes(query)
        self.waiting: dict[int, _Waiting] = {}


class Watches(Generic[T]):
    """Parks queries with a ticket of the caller's choice and hands the ticket back when the answer has moved on."""

    def __init__(self) -> None:
        self._groups: dict[GroupKey, _Group] = {}
        self._of: dict[int, _Group] = {}
        self._by_scope: dict[Scope, dict[GroupKey, _Group]] = {}
        self._prefix_lengths: dict[str, Counter[int]] = {}
        """Space (``key prefix``) → length → how many prefixes of that length are watched."""
        self._count = 0

    def __len__(self) -> int:
        return len(self._of)

    def park(self, query: Query, ticket: T, rights: str = "") -> int:
        """Wait until the query's index is above its ``min_index``. The caller has just found that it is not.

        Those of unlike ``rights`` wait apart. Answers a handle for ``cancel``.
        """
        self._count += 1
        key: GroupKey = (question(query), (query.rendered, query.consistency, query.dc, rights))
        group = self._groups.get(key)
        if group is None:
            group = self._open(key, query)
        group.waiting[self._count] = _Waiting(query.min_index, ticket)
        self._of[self._count] = group
        return self._count

    def cancel(self, handle: int) -> None:
        """Wait no longer; a handle that was woken or cancelled before is fine."""
        group = self._of.pop(handle, None)
        if group is not None:
            del group.waiting[handle]
            self._close_if_empty(group)

    def wake(self, store: Store) -> list[tuple[Query, Answer, list[T]]]:
        """After a batch of writes: who is to be answered what, in the order in which the writes touched them."""
        touched = store.take_touched()
        woken: list[tuple[Query, Answer, list[T]]] = []
        if not self._groups:
            return woken
        answers: dict[QueryKey, Answer] = {}
        for group in self._concerned(touched):
            answer = answers.get(group.key[0])
            if answer is None:
                answer = answers[group.key[0]] = store.evaluate(group.query)
            tickets = self._take(group, answer.index)
            if tickets:
                woken.append((group.query, answer, tickets))
        return woken

    def _take(self, group: _Group, index: int) -> list[T]:
        passed = [handle for handle, waiting in group.waiting.items() if waiting.min_index < index]
        tickets: list[T] = []
        for handle in passed:
            tickets.append(group.waiting.pop(handle).ticket)
            del self._of[handle]
        self._close_if_empty(group)
        return tickets

    def _concerned(self, touched: Touched) -> list[_Group]:
        groups: dict[GroupKey, _Group] = {}
        for scope in touched.scopes:
            groups.update(self._by_scope.get(scope, {}))
        for space, path in touched.paths:
            groups.update(self._by_scope.get((space, path), {}))
            for length in self._prefix_lengths.get(space + PREFIX, ()):
                if length <= len(path):
                    groups.update(self._by_scope.get((space + PREFIX, path[:length]), {}))
        return list(groups.values())

    def _open(self, key: GroupKey, query: Query) -> _Group:
        group = self._groups[key] = _Group(key, query.model_copy(update=dict.fromkeys(WAITING, 0)))
        for scope in group.scopes:
            self._by_scope.setdefault(scope, {})[key] = group
            if scope[0].endswith(PREFIX):
                self._prefix_lengths.setdefault(scope[0], Counter())[len(scope[1])] += 1
        return group

    def _close_if_empty(self, group: _Group) -> None:
        if group.waiting:
            return
        del self._groups[group.key]
        for scope in group.scopes:
            groups = self._by_scope[scope]
            del groups[group.key]
            if not groups:
                del self._by_scope[scope]
            if scope[0].endswith(PREFIX):
                self._unwatch_length(*scope)

    def _unwatch_length(self, space: str, prefix: str) -> None:
        lengths = self._prefix_lengths[space]
        lengths[len(prefix)] -= 1
        if not lengths[len(prefix)]:
            del lengths[len(prefix)]
