"""An agent's configuration as Consul's files and flags write it: read, merged, checked, every complaint a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lictor_deploy.config.consul_keys import LACKING, NOT_IN_FORCE, left_out, why_refused
from lictor_deploy.config.option import Section, options
from lictor_deploy.config.rules import contradictions
from lictor_deploy.config.sections import DEV, AgentConfig, Ports, Raw
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
ADDRESSES = ("bind_addr", "client_addr")
NO_LISTENER = ("https", "dns", "grpc", "grpc_tls", "serf_wan")
"""Ports that are named like keys that are not in force if they are set."""


def load(
    files: Iterable[str], directories: Iterable[str], flags: Raw, *, dev: bool, of: type[AgentConfig] = AgentConfig
) -> tuple[AgentConfig, list[str]]:
    """Files in the order given, then directories, then flags; also the keys that are accepted and not in force."""
    merged: Raw = dict(DEV) if dev else {}
    ignored: dict[str, None] = {}
    for path in [*map(Path, files), *(path for name in directories for path in config_files(Path(name)))]:
        raw = read(path)
        ignored |= dict.fromkeys(left_out(raw))
        checked(raw, f"{path}: ", of)
        merged = merge(merged, raw)
    config = settled(checked(merge(merged, flags), "", of))
    return config, [*ignored, *(f"ports.{name}" for name in NO_LISTENER if getattr(config.ports, name) > 0)]


def config_files(directory: Path) -> list[Path]:
    """The files of a -config-dir in the order of names, without subfolders."""
    try:
        found = sorted(path for path in directory.iterdir() if path.suffix in (".json", ".hcl"))
    except OSError as error:
        raise Failure(f"Cannot read the config directory {directory}: {said(error)}. Check -config-dir.") from None
    return found


def read(path: Path) -> Raw:
    """One file as an object, with ``service`` and ``check`` folded into the lists; an empty file says nothing."""
    if path.suffix == ".hcl":
        raise Failure(f"{path}: HCL is not read yet. Write it as JSON and name it {path.stem}.json.")
    try:
        raw = json.loads(path.read_bytes().strip() or b"{}")
    except OSError as error:
        raise Failure(f"Cannot read the config file {path}: {said(error)}. Check -config-file.") from None
    except (ValueError, RecursionError) as error:
        raise Failure(f"{path} is not JSON: {error}.") from None
    if not isinstance(raw, dict):
        raise Failure(f'{path} must hold a JSON object, like {{"server": true}}.')
    return folded(raw)


def folded(raw: Raw) -> Raw:
    """``service: {}`` → one more of ``services``, the same for ``check``."""
    for one, many in (("service", "services"), ("check", "checks")):
        if raw.get(one) is not None:
            raw[many] = [*(raw.get(many) or ()), raw.pop(one)]
    return raw


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
        whole = ".".join(part for part in problem["loc"] if isinstance(part, str))  # without places in lists
        return str(problem["ctx"]["error"]).replace("{key}", whole).replace("{value}", repr(problem["input"]))
    expected = EXPECTED.get(problem["type"], problem["msg"].removeprefix("Input should be "))
    return f"config key {key} must be {expected}, not {json.dumps(problem['input'], default=str)}."


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


def said(error: OSError) -> str:
    """``[Errno 13] Permission denied: 'x'`` → ``permission denied``."""
    return (error.strerror or str(error)).lower()
