"""A command for each verb, made from the vocabulary: what a scenario file, Python and HTTP can say, a shell can too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from inspect import Parameter as Argument
from inspect import Signature
from typing import Annotated, Any

from cyclopts import Parameter
from pydantic.fields import FieldInfo

from lictor_actors.faults.vocabulary import TARGETS, Verb, written_as
from lictor_deploy.cli.fault_reach import HERE, FaultReach, Where
from lictor_deploy.words.sentence import Failure

Inject = Callable[[str, dict[str, Any], FaultReach], None]
ALSO = {"duration_s": "--for", "match": "--kind", "latency_s": "--by"}
"""Second names of flags."""
SEVERAL = ("groups", "nodes")
"""Parameters that take all the words that there are."""


def command(verb: type[Verb], inject: Inject) -> Callable[..., None]:
    """A function for cyclopts that puts this verb in force."""

    signature = Signature([*_arguments(verb), Argument("reach", Argument.KEYWORD_ONLY, default=HERE, annotation=Where)])

    dashed = verb.name.replace("_", "-")
    example = f"Example: lictor fault {dashed} {verb.example}"

    def run(*words: Any, **flags: Any) -> None:
        said = signature.bind(*words, **flags).arguments
        reach = said.pop("reach", HERE)
        told = {name: value for name, value in said.items() if value not in (None, ())}
        for name in SEVERAL:
            if name in verb.model_fields and name not in told and verb.model_fields[name].is_required():
                raise Failure(f"`lictor fault {dashed}` requires an argument, the {name}. {example}")
        inject(
            verb.name, {name: _listed(name, value) if name in TARGETS else value for name, value in told.items()}, reach
        )

    run.__name__ = verb.name
    run.__doc__ = f"{(verb.__doc__ or '').replace('``', '')}\n\n{example}"
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {name: argument.annotation for name, argument in signature.parameters.items()}
    return run


def who(text: str) -> Sequence[str]:
    """``a,b`` → two selectors; a comma inside ``percent(20, agents)`` is no separator."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def _listed(name: str, value: Any) -> Any:
    """Groups stay apart; nodes that are named one after the other are one list."""
    if isinstance(value, str):
        return who(value)
    groups = [who(group) for group in value]
    return groups if name == "groups" else [one for group in groups for one in group]


def _arguments(verb: type[Verb]) -> Iterator[Argument]:
    fields = verb.model_fields
    for name in (name for name in TARGETS if name in fields):
        kind = Argument.VAR_POSITIONAL if name in SEVERAL else Argument.POSITIONAL_OR_KEYWORD
        yield _argument(name, kind, fields[name], str)
    for name, field in fields.items():
        if name not in TARGETS and (verb.lasts or name != "duration_s"):
            # Texts: the vocabulary itself reads them, so that a mistake is the same sentence wherever it is made.
            kind_of = bool if name == "wipe" else tuple[str, ...] if name == "match" else str
            yield _argument(name, Argument.KEYWORD_ONLY, field, kind_of)


def _argument(name: str, kind: Any, field: FieldInfo, type_: Any) -> Argument:
    if name in SEVERAL or field.is_required():
        return Argument(name, kind, annotation=_annotated(name, field, type_))
    default = () if name == "match" else False if type_ is bool else None
    return Argument(name, kind, default=default, annotation=_annotated(name, field, type_))


def _annotated(name: str, field: FieldInfo, type_: Any) -> Any:
    flags = [f"--{written_as(name, field)}", *([ALSO[name]] if name in ALSO else [])]
    names = None if name in SEVERAL else flags
    return Annotated[type_ if field.is_required() or type_ is not str else type_ | None, _parameter(name, names, field)]


def _parameter(name: str, names: list[str] | None, field: FieldInfo) -> Parameter:
    text = field.description or ""
    if not text.endswith("."):
        text += "." if field.is_required() else f" ({_plain(field.default)})."
    return Parameter(name=names, help=text, allow_leading_hyphen=name == "by_s")  # a clock may be behind


def _plain(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
