"""How a watcher treats indexes and failures (Consul's page on blocking queries), apart from how it waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from lictor_actors.client.both import Ask, Bound
from lictor_actors.client.errors import InvalidArgument, LictorError
from lictor_messages.answers import Answer

T = TypeVar("T")
BACKOFF_FIRST_S = 0.1
BACKOFF_MOST_S = 10.0


class Watching(Generic[T]):
    """The state of one watch between two reads: ``read`` is a method of the client that takes ``index``."""

    def __init__(self, read: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> None:
        if not isinstance(read, Bound):
            raise InvalidArgument(f"watch takes a read of this client, such as client.kv.get, and not {read!r}")
        self._read = read
        self._args = args
        self._options = options
        self._index = 0
        """What the next read waits to be exceeded."""
        self._failures = 0

    def question(self) -> Ask[T]:
        """What to ask next."""
        return cast(Ask[T], self._read.build(*self._args, index=self._index, **self._options))

    def changed(self, index: int) -> bool:
        """Take an answer's index; True if the answer is news. An index that goes back (a restore) starts anew."""
        self._failures = 0
        before, self._index = self._index, index if index >= self._index else 0
        return index > before

    def failed(self, error: LictorError) -> float:
        """Seconds to wait before reading again; raises the error if it will not pass."""
        if not error.passing:
            raise error
        self._failures += 1
        return min(BACKOFF_FIRST_S * 2.0 ** min(self._failures - 1, 10), BACKOFF_MOST_S)


def index_of(answer: object) -> int:
    """Where an answer stands in time."""
    if not isinstance(answer, Answer):
        raise InvalidArgument("watch takes a read that can wait for a change")
    return answer.index
