"""An agent's configuration as Consul's files and flags write it: read, merged, checked, every complaint a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from lictor_deploy.config.consul_keys import LACKING, NOT_IN_FORCE, left_out, why_refused
from lictor_deploy.config.files import FORMATS, config_files, of_hcl, read
from lictor_deploy.config.option import Section, options
from lictor_deploy.config.ports import Ports
from lictor_deploy.config.rules import contradictions
from lictor_deploy.config.sections import DEV, AgentConfig, Raw
from lictor_deploy.words.sentence import Failure

EXPECTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "mapping_type": "an object",
}
SECRET = re.compile("token|encrypt")
"""Keys whose values are not repeated in complaints."""
ADDRESSES = ("bind_addr", "client_addr")
NO_LISTENER = ("grpc", "grpc_tls")
"""Ports that are named like keys that are not in force if they are set."""


class Sources(NamedTuple):
    """What is read, in this order; later ones win."""

    files: Iterable[str] = ()
    directories: Iterable[str] = ()
    fragments: Iterable[str] = ()
    """Texts in HCL, as ``-hcl`` gives them."""
    format: str = ""
    """``json`` or ``hcl`` for all files; by default their endings say it."""


def load(
    sources: Sources, flags: Raw, *, dev: bool, of: type[AgentConfig] = AgentConfig
) -> tuple[AgentConfig, list[str]]:
    """Files and directories, then fragments, then flags; also the keys that are accepted and not in force."""
    merged: Raw = dict(DEV) if dev else {}
    ignored: dict[str, None] = {}
    for where, raw in objects(sources):
        ignored |= dict.fromkeys(left_out(raw))
        checked(raw, f"{where}: ", of)
        merged = merge(merged, raw)
    config = settled(checked(merge(merged, flags), "", of))
    return config, [*ignored, *(f"ports.{name}" for name in NO_LISTENER if getattr(config.ports, name) > 0)]


def objects(sources: Sources) -> Iterator[tuple[str, Raw]]:
    """Each source with its name."""
    if sources.format and sources.format not in FORMATS:
        raise Failure(f"-config-format must be json or hcl, not {sources.format!r}.")
    in_directories = (path for name in sources.directories for path in config_files(Path(name), sources.format))
    for path in (*map(Path, sources.files), *in_directories):
        yield str(path), read(path, sources.format)
    for text in sources.fragments:
        yield "-hcl", of_hcl(text.encode(), "-hcl")


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Raw:
    """Later values win, lists append, objects merge key by key."""
    merged = dict(base)
    for key, value in over.items():
        before = merged.get(key)
        if isinstance(before, list) and isinstance(value, list):
            merged[key] = before + value
        elif isinstance(before, dict) and isinstance(value, dict):
            merged[key] = merge(before, value)
        else:
            merged[key] = value
    return merged


def checked(raw: Raw, where: str, of: type[AgentConfig]) -> AgentConfig:
    """The typed configuration; Failure names the first key that is unknown or of the wrong type."""
    try:
        return of.model_validate(raw)
    except ValidationError as error:
        raise Failure(f"{where}{complaint(error.errors()[0], of)}") from None


def complaint(problem: Any, of: type[Section]) -> str:
    """One finding of pydantic in the words of the configuration."""
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return unknown(key, of)
    if problem["type"] == "value_error":
        whole = ".".join(part for part in problem["loc"] if isinstance(part, str) and part != "[key]")
        return str(problem["ctx"]["error"]).replace("{key}", whole).replace("{value}", repr(problem["input"]))
    expected = EXPECTED.get(problem["type"], problem["msg"].removeprefix("Input should be "))
    given = "what it is" if SECRET.search(key) else json.dumps(problem["input"], default=str)
    return f"config key {key} must be {expected}, not {given}."


def unknown(key: str, of: type[Section]) -> str:
    """What to say of a key that is not declared: why Consul's own is refused, or which key was perhaps meant."""
    if why := why_refused(key):
        return f"config key {key}: {why}"
    from difflib import get_close_matches  # half a millisecond that most starts need not pay

    near = get_close_matches(key, [*keys(of), *NOT_IN_FORCE, *LACKING], 1)
    return f"invalid config key {key}{f': did you mean {near[0]}?' if near else '. Remove it, or check its spelling.'}"


def keys(of: type[Section]) -> Iterator[str]:
    """The keys that are in force."""
    return (option.key for option in options(of))


def settled(config: AgentConfig) -> AgentConfig:
    """Defaults for what was empty or port 0, one way to say bootstrap, and refusals of what contradicts itself."""
    empty = [name for name in ADDRESSES if not getattr(config, name)]
    config = config.model_copy(update={name: AgentConfig.model_fields[name].default for name in empty})
    contradictions(config)
    expect = 1 if config.bootstrap else config.bootstrap_expect
    ports = {name: Ports.model_fields[name].default for name, value in config.ports if not value}
    return config.model_copy(update={"bootstrap_expect": expect, "ports": config.ports.model_copy(update=ports)})
