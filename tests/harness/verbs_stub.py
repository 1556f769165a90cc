"""``verbs.pyi`` from the vocabulary: the types of the methods that ``faults.verbs`` makes."""

from __future__ import annotations

from inspect import Parameter
from typing import get_origin

from lictor_actors.faults.verbs import parameters
from lictor_actors.faults.vocabulary import VERBS, Verb, in_seconds, written_as

HEAD = """# Made from the vocabulary: LICTOR_REWRITE=1 pytest tests/unit/faults/test_verbs_stub.py
from collections.abc import Iterable, Iterator
from inspect import Parameter
from typing import Any, Generic, TypeVar

from lictor_actors.faults.vocabulary import Verb
from lictor_messages.faults import Direction

Selectors = str | Iterable[str]
Time = float | str
H = TypeVar("H")
BESIDES: tuple[str, ...]

def make(verb: str, **said: Any) -> Verb: ...
def parameters(verb: type[Verb]) -> Iterator[Parameter]: ...

class Verbs(Generic[H]):
    def inject(self, verb: Verb) -> H: ...
"""


def stub() -> str:
    """The whole file."""
    return HEAD + "".join(_method(verb) for verb in VERBS.values())


def _method(verb: type[Verb]) -> str:
    told = list(parameters(verb))
    words = ["self", *(_word(verb, one) for one in told)]
    by_name = [place for place, one in enumerate(told, 1) if one.kind is Parameter.KEYWORD_ONLY]
    if by_name and not any(one.kind is Parameter.VAR_POSITIONAL for one in told):
        words.insert(by_name[0], "*")
    line = f"    def {verb.name}({', '.join(words)}) -> H: ..."
    if len(line) <= 120:
        return f"{line}\n"
    one_line = f"        {', '.join(words)}\n"
    inside = one_line if len(one_line) <= 121 else "".join(f"        {word},\n" for word in words)
    return f"    def {verb.name}(\n{inside}    ) -> H: ...\n"


def _word(verb: type[Verb], one: Parameter) -> str:
    star = "*" if one.kind is Parameter.VAR_POSITIONAL else ""
    default = "" if one.default is Parameter.empty else " = ..."
    return f"{star}{one.name}: {_type(verb, one.name)}{default}"


def _type(verb: type[Verb], name: str) -> str:
    (field,) = (field for key, field in verb.model_fields.items() if name in (key, written_as(key, field)))
    if name == "direction":
        return "Direction"
    if get_origin(field.annotation) is tuple:
        return "Selectors"
    if name == "duration" or any(getattr(one, "func", None) is in_seconds for one in field.metadata):
        return "Time"
    return {bool: "bool", int: "int"}.get(field.annotation, "float")
