"""The verbs as methods, for anything that carries faults out: the world at once, a live cluster through its parent.

The methods are made from the vocabulary, so that Python has the same names, parameters and defaults as scenario files,
HTTP and the command line. ``verbs.pyi``, made from it too, tells them to editors and type checkers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, Signature
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from lictor_actors.faults.steps import problem_of
from lictor_actors.faults.vocabulary import TARGETS, VERBS, Verb, written_as

Selectors = str | Iterable[str]
"""Nodes or actors: names, globs, ``leader``, ``followers``, ``servers``, ``agents``, ``all``; ``prober@agent-7``;
draws like ``one(servers)``, ``percent(20)``, ``2 of agents``, ``next(servers)``."""
Time = float | str
"""Seconds, or a text like ``80ms``."""
H = TypeVar("H")
BESIDES = ("match", "probability", "direction", "duration_s")
"""Parameters that many verbs have: told by name only, unless the verb itself declares them."""


def make(verb: str, **said: Any) -> Verb:
    """The verb of this name; ValueError with a sentence for parameters that make no sense."""
    if verb not in VERBS:
        raise ValueError(f"there is no fault {verb!r}: there are {', '.join(VERBS)}")
    try:
        return VERBS[verb].model_validate(said)
    except ValidationError as error:
        raise ValueError(f"{verb}, {problem_of(error, VERBS[verb])}") from None


class Verbs(Generic[H]):
    """Every verb of the vocabulary; each returns a handle that heals."""

    def inject(self, verb: Verb) -> H:
        """Put this fault in force. Raises LookupError, ValueError, UnsupportedFault."""
        raise NotImplementedError


def parameters(verb: type[Verb]) -> Iterator[Parameter]:
    """What the verb's method takes: nodes first, then what is its own, then, by name, what many verbs have."""
    fields = verb.model_fields
    own = [name for name in verb.__annotations__ if name in fields and name not in TARGETS and name != "duration_s"]
    places = [*(name for name in TARGETS if name in fields), *own]
    besides = [name for name in BESIDES if name in fields and name not in own and (verb.lasts or name != "duration_s")]
    needed = max((place for place, name in enumerate(places) if fields[name].is_required()), default=-1)
    for place, name in enumerate((*places, *besides)):
        shown = name if name in TARGETS else written_as(name, fields[name])  # `from` is a word of Python's own
        kind = Parameter.KEYWORD_ONLY if name in besides else Parameter.POSITIONAL_OR_KEYWORD
        if name == "groups":
            yield Parameter(shown, Parameter.VAR_POSITIONAL)
        else:
            yield Parameter(shown, kind, default=Parameter.empty if place <= needed else fields[name].default)


def _method(verb: type[Verb]) -> Callable[..., Any]:
    signature = Signature([Parameter("self", Parameter.POSITIONAL_ONLY), *parameters(verb)])
    places = [one.name for one in parameters(verb) if one.kind is Parameter.POSITIONAL_OR_KEYWORD]

    def run(self: Verbs[Any], *told: Any, **said: Any) -> Any:
        if "groups" in verb.model_fields:
            return self.inject(make(verb.name, groups=told, **said))
        if len(told) > len(places):
            raise TypeError(f"{verb.name} takes {', '.join(places)} by their place: the rest is told by name")
        twice = [name for name in places[: len(told)] if name in said]
        if twice:
            raise TypeError(f"{verb.name}: {twice[0]} is told twice")
        return self.inject(make(verb.name, **dict(zip(places, told, strict=False)), **said))

    run.__name__, run.__qualname__, run.__doc__ = verb.name, f"Verbs.{verb.name}", verb.__doc__
    run.__signature__ = signature  # type: ignore[attr-defined]  # help() shows it
    return run


for _verb in VERBS.values():
    setattr(Verbs, _verb.name, _method(_verb))
