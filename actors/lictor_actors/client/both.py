"""One definition, two clients: a method says *what* is asked, the client that it is called on says *how* it waits.

``@both`` turns a method that builds an ``Ask[T]`` into one that returns an awaitable of T on an AsyncClient and T on a
Client, and type checkers know which.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from lictor_messages.base import Message

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M")


class Async:
    """Mark of what is awaited."""


class Sync:
    """Mark of what blocks."""


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """A request, the kind of its answer and what to make of it, and how long it may take (None: as the client says)."""

    message: Message
    expects: type[Message]
    unwrap: Callable[[Any], T]
    timeout_s: float | None = None
    wait_s: float = 0.0


class Api(Generic[M]):
    """A group of questions bound to a client's way of asking."""

    def __init__(self, run: Callable[[Ask[Any]], Any]) -> None:
        self._run = run


class Both(Generic[P, T]):
    """The descriptor that ``both`` leaves in a class."""

    def __init__(self, build: Callable[Concatenate[Any, P], Ask[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, api: None, owner: type) -> Self: ...
    @overload
    def __get__(self, api: Api[Async], owner: type) -> Callable[P, Awaitable[T]]: ...
    @overload
    def __get__(self, api: Api[Sync], owner: type) -> Callable[P, T]: ...
    def __get__(self, api: Any, owner: type) -> Any:
        if api is None:
            return self

        @functools.wraps(self._build)
        def asked(*args: P.args, **kwargs: P.kwargs) -> Any:
            return api._run(self._build(api, *args, **kwargs))

        return asked


def both(build: Callable[Concatenate[Any, P], Ask[T]]) -> Both[P, T]:
    """Make a builder of questions a method of both clients."""
    return Both(build)
