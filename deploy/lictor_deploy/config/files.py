"""Configuration files as plain objects: JSON or HCL, by the name's ending or by ``-config-format``.

In HCL a block that may come several times and comes once is an object; it is a list here as it is in JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_origin

from lictor_actors.consul import hcl
from lictor_deploy.config.option import Section, options
from lictor_deploy.config.sections import AgentConfig, Raw
from lictor_deploy.words.sentence import Failure

FORMATS = ("json", "hcl")


def config_files(directory: Path, format: str = "") -> list[Path]:
    """The files of a -config-dir in the order of names, without subfolders; with a format, those of any ending."""
    try:
        found = sorted(
            path for path in directory.iterdir() if path.suffix[1:] in FORMATS or (format and path.is_file())
        )
    except OSError as error:
        raise Failure(f"Cannot read the config directory {directory}: {said(error)}. Check -config-dir.") from None
    return found


def read(path: Path, format: str = "") -> Raw:
    """One file as an object, with ``service`` and ``check`` folded into the lists; an empty file says nothing."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Failure(f"Cannot read the config file {path}: {said(error)}. Check -config-file.") from None
    return of_hcl(content, str(path)) if (format or path.suffix[1:]) == "hcl" else of_json(content, str(path))


def of_json(content: bytes, where: str) -> Raw:
    """The object that a file in JSON holds."""
    try:
        raw = json.loads(content.strip() or b"{}")
    except (ValueError, RecursionError) as error:
        raise Failure(f"{where} is not JSON: {error}.") from None
    if not isinstance(raw, dict):
        raise Failure(f'{where} must hold a JSON object, like {{"server": true}}.')
    return folded(raw)


def of_hcl(content: bytes, where: str) -> Raw:
    """The object that a file or a ``-hcl`` flag in HCL holds."""
    try:
        raw = folded(hcl.parse(content.decode()))
    except (hcl.BadHcl, UnicodeDecodeError) as error:
        raise Failure(f"{where} is not HCL: {error}.") from None
    lists(raw, AgentConfig)
    for service in raw.get("services", ()):
        if isinstance(service, dict) and isinstance(service.get("checks"), dict):
            service["checks"] = [service["checks"]]
    return raw


def folded(raw: Raw) -> Raw:
    """``service: {}`` → one more of ``services``, the same for ``check``; several blocks of HCL come as a list."""
    for one, many in (("service", "services"), ("check", "checks")):
        if raw.get(one) is not None:
            raw[many] = [*as_list(raw.get(many) or []), *as_list(raw.pop(one))]
    return raw


def lists(raw: Raw, of: type[Section]) -> None:
    """A lone block becomes the list of one that its key takes."""
    for option in options(of):
        section, _, key = option.key.rpartition(".")
        holder = raw.get(section) if section else raw
        if get_origin(option.kind) is list and isinstance(holder, dict) and isinstance(holder.get(key), dict):
            holder[key] = [holder[key]]


def as_list(value: Any) -> list[Any]:
    """The list itself, or a list of the one thing."""
    return value if isinstance(value, list) else [value]


def said(error: OSError) -> str:
    """``[Errno 13] Permission denied: 'x'`` → ``permission denied``."""
    return (error.strerror or str(error)).lower()
