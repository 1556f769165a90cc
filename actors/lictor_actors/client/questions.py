"""How a question is put together: what is asked, the kind of the answer, and what of it the caller gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from lictor_actors.client.both import Ask
from lictor_actors.client.durations import Duration, seconds
from lictor_actors.client.errors import InvalidArgument
from lictor_actors.client.results import FilterOptions, ReadOptions, held_back_s
from lictor_messages.answers import Written
from lictor_messages.base import Message

A = TypeVar("A", bound=Message)
T = TypeVar("T")


def ask(
    message: Message, expects: type[A], unwrap: Callable[[A], T], timeout: Duration | None = None, wait_s: float = 0.0
) -> Ask[T]:
    """Any question."""
    return Ask(message, expects, unwrap, None if timeout is None else seconds(timeout, "timeout"), wait_s)


def read(query: Message, expects: type[A], unwrap: Callable[[A], T], options: ReadOptions | FilterOptions) -> Ask[T]:
    """A read: its options say how long it may take."""
    return ask(query, expects, unwrap, options.get("timeout"), held_back_s(options))


def ok(answer: Written) -> bool:
    """Whether the write was done."""
    return answer.ok


def nothing(_: Any) -> None:
    """The answer says no more than that there is one."""


def to_bytes(value: bytes | str, name: str = "value") -> bytes:
    """Text is sent as UTF-8; raises InvalidArgument for what is neither text nor bytes."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise InvalidArgument(f"{name} is {value!r}: it takes bytes or str")
