"""The flags of ``lictor agent``, from the declarations of its keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, get_origin

from lictor_deploy.config.option import Option, Section, options
from lictor_deploy.config.sections import Raw
from lictor_deploy.words.sentence import Failure
from lictor_messages.durations import go_duration


class Flag(NamedTuple):
    """One flag."""

    name: str
    """As a parameter of a function: ``http_port``."""
    takes: str
    """The annotation of that parameter, as text."""
    default: Any
    help: str
    key: str
    """The key that it sets."""


def flags_of(section: type[Section]) -> list[Flag]:
    """The flags of all keys that have one."""
    return [flag_of(one) for one in options(section) if one.flag]


def flag_of(one: Option) -> Flag:
    """The flag of one key. What is read by the key's own type comes as a text."""
    name = one.flag.replace("-", "_")
    if get_origin(one.kind) in (list, dict):
        return Flag(name, "tuple[str, ...]", (), with_default(one), one.key)
    takes = one.kind.__name__ if one.kind in (bool, int, float) and one.word != "duration" else "str"
    return Flag(name, f"{takes} | None", None, with_default(one), one.key)


def with_default(one: Option) -> str:
    """The help text, with the default in brackets at its end."""
    default = shown(one)
    return f"{one.help.removesuffix('.')} ({default})." if default else one.help


def shown(one: Option) -> str:
    """The default as it is written in a file, "" for none."""
    if not one.default:
        return ""
    if isinstance(one.default, tuple):
        return " ".join(one.default)
    return go_duration(one.default) if one.word == "duration" else str(one.default)


def raw_of(flags: Iterable[Flag], given: Mapping[str, Any]) -> Raw:
    """Only the flags that were given, as a file would say them: the others must not override files."""
    raw: Raw = {}
    for flag in flags:
        value = given.get(flag.name, flag.default)
        if value != flag.default:
            section, _, key = flag.key.rpartition(".")
            holder = raw.setdefault(section, {}) if section else raw
            holder[key] = written(flag, value)
    return raw


def written(flag: Flag, value: Any) -> Any:
    """A flag's value as a file's."""
    if flag.key == "node_meta":
        return node_meta_of(value)
    return list(value) if isinstance(value, tuple) else value


def node_meta_of(pairs: Iterable[str]) -> dict[str, str]:
    """``key:value`` flags → a mapping."""
    pairs = list(pairs)
    for pair in pairs:
        if ":" not in pair:
            raise Failure(f"Invalid -node-meta {pair!r}: write key:value.")
    return {pair.partition(":")[0]: pair.partition(":")[2] for pair in pairs}
