"""One definition, two clients: a method says *what* is asked, the client that it is called on says *how* it waits.

``@both`` turns a method that builds an ``Ask[T]`` into one that returns an awaitable of T on an AsyncClient and T on a
Client, and type checkers know which.
"""

from __future__ import annotations

import functools
import inspect
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from pydantic import ValidationError

from lictor_actors.client.errors import InvalidArgument, words_of
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


def new_id() -> str:
    """A random UUID, for what is made by a client and named by it."""
    return str(uuid.uuid4())


class Api(Generic[M]):
    """A group of questions bound to a client's way of asking."""

    def __init__(self, run: Callable[[Ask[Any]], Any], make_id: Callable[[], str] = new_id) -> None:
        self._run = run
        self.new_id = make_id
        """Draws the id of a session or an event."""


class Both(Generic[P, T]):
    """The descriptor that ``both`` leaves in a class."""

    def __init__(self, build: Callable[Concatenate[Any, P], Ask[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, api: None, owner: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, api: Api[Async], owner: type) -> Callable[P, Awaitable[T]]: ...
    @overload
    def __get__(self, api: Api[Sync], owner: type) -> Callable[P, T]: ...
    def __get__(self, api: Any, owner: type) -> Any:
        return _described(self._build) if api is None else Bound(self._build, api)


class Bound(Generic[T]):
    """A method of a client, bound: called it asks; ``build`` says what it would ask."""

    def __init__(self, build: Callable[..., Ask[T]], api: Api[Any]) -> None:
        self._build = build
        self._api = api
        self.__doc__ = build.__doc__
        self.__name__ = build.__name__
        self.__wrapped__ = functools.partial(build, api)  # what inspect.signature and help() follow

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Ask, and wait as the client does."""
        return self._api._run(self.build(*args, **options))

    def build(self, *args: Any, **options: Any) -> Ask[T]:
        """The question; raises InvalidArgument for a value that no field of it takes."""
        try:
            return self._build(self._api, *args, **options)
        except ValidationError as error:
            raise InvalidArgument(words_of(self.__name__, error)) from None


def both(build: Callable[Concatenate[Any, P], Ask[T]]) -> Both[P, T]:
    """Make a builder of questions a method of both clients."""
    return Both(build)


def _described(build: Callable[..., Any]) -> Callable[..., Any]:
    """What ``help`` shows of a class: the method's name, parameters and what it returns in the end."""
    signature = inspect.signature(build)
    returns = str(signature.return_annotation).removeprefix("Ask[").removesuffix("]")

    @functools.wraps(build)
    def shown(*args: Any, **options: Any) -> Any:
        raise TypeError(f"{build.__name__} is a method of a client's groups, such as client.kv.get")

    shown.__signature__ = signature.replace(return_annotation=returns)  # type: ignore[attr-defined]  # read by inspect
    return shown
