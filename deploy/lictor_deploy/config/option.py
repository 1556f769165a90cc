"""An option, declared once: a key of the configuration with its type, check, default, help, flag, and what it feeds.

A section is a model of keys. What reads files, makes flags and help, feeds actors, and lists the keys in the
documentation goes by the declarations, so that a new option is one of them beside the actor's field that it feeds::

    class Limits(Section):
        kv_max_value_size: Count = option("Bytes of a value.", feeds="gateway.kv_max_value_size", flag="kv-max")
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from lictor_actors.node.spec import OPTIONS, NodeSpec
from lictor_messages.base import Record


class Section(BaseModel):
    """A part of the configuration: no unknown keys, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Word(NamedTuple):
    """How the type of a key is told to people, where the Python type does not say it."""

    text: str


class Option(NamedTuple):
    """One key as it was declared."""

    key: str
    """With its sections: ``ports.http``."""
    kind: Any
    """Python's type of its value in a file."""
    word: str
    """The type, for people."""
    default: Any
    help: str
    flag: str
    """Without dashes; "" if there is none."""
    reloads: bool
    """Whether a reload puts it in force."""
    feeds: tuple[str, ...]
    """Fields of a node (``node.http_port``) and options of its actors (``server.trailing_logs``)."""


WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text", list: "list", dict: "object"}
FED = "the default of what it feeds"


def option(help: str, *, default: Any = FED, flag: str = "", feeds: str = "", reloads: bool = False) -> Any:
    """A key's help text, default, flag, and what it feeds, several separated by blanks; ``reloads``: see ``Option``.

    Without a default it is that of the first field it feeds. Raises KeyError for a field that nothing has.
    """
    fed = [field_of(target) for target in feeds.split()]
    chosen = fed[0].default if default is FED else default
    return Field(chosen, description=help, json_schema_extra={"flag": flag, "feeds": feeds, "reloads": reloads})


def section() -> Any:
    """A section within the configuration, without keys by default; read by the model that the whole was built with."""
    return Field({}, validate_default=True)


def field_of(target: str) -> FieldInfo:
    """The field of a node, or of an actor's options."""
    owner, _, name = target.partition(".")
    holder: type[Record] = NodeSpec if owner == "node" else OPTIONS[owner]
    return holder.model_fields[name]


def options(of: type[Section], prefix: str = "") -> Iterator[Option]:
    """Every key that is declared, in order, with those of its sections; the model's own before what it inherits."""
    for name, field in sorted(of.model_fields.items(), key=lambda item: item[0] not in of.__annotations__):
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from options(kind, f"{prefix}{name}.")
        else:
            extra = field.json_schema_extra
            assert isinstance(extra, dict), f"{prefix}{name} is to be declared by option(…)"
            flag, feeds = str(extra["flag"]), tuple(str(extra["feeds"]).split())
            word, help = word_of(kind, field.metadata), field.description or ""
            yield Option(f"{prefix}{name}", kind, word, field.default, help, flag, extra["reloads"] is True, feeds)


def word_of(kind: Any, metadata: list[Any]) -> str:
    """The type of a key for people."""
    told = next((one.text for one in metadata if isinstance(one, Word)), "")
    if told:
        return told
    if isinstance(kind, UnionType):
        return word_of(get_args(kind)[0], [])
    if get_origin(kind) in (list, dict):
        return WORDS[get_origin(kind)]
    return WORDS[kind] if kind in WORDS else ", ".join(get_args(kind))  # a Literal
