"""Templates of prepared queries: ``${name.suffix}`` and its like in every text of the query.

Source: Consul's documentation of prepared query templates (type ``name_prefix_match``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lictor_actors.store.filter.patterns import BadPattern, compiled, found
from lictor_messages.base import FrozenMap
from lictor_messages.queries import PreparedQuery, ServiceQuery

PREFIX_MATCH = "name_prefix_match"
_PLACE = re.compile(r"\$\$\{|\$\{([^}]*)\}|\$\{")
_MATCH = re.compile(r"match\(\s*([0-9]{1,4})\s*\)")
_NAMES = ("name.full", "name.prefix", "name.suffix")


class BadTemplate(ValueError):
    """The template cannot be kept; the text says why."""


def check_template(query: PreparedQuery) -> None:
    """Raises BadTemplate for a type, a pattern or a place-holder that does not exist."""
    template = query.template
    if template.type != PREFIX_MATCH:
        raise BadTemplate(f"Bad Template.Type '{template.type}'")
    try:
        compiled(template.regexp)
    except BadPattern as error:
        raise BadTemplate(f"Bad Regexp: {error}") from error
    _mapped(query.service, _check_text)


def places(service: ServiceQuery) -> int:
    """How many place-holders there are in all texts: each may be replaced by a whole name."""
    found: list[str] = []

    def count(text: str) -> str:
        found.extend(place[0] for place in _PLACE.finditer(text))
        return text

    _mapped(service, count)
    return len(found)


def rendered(query: PreparedQuery, name: str) -> PreparedQuery:
    """The query that the template stands for when it is asked for under ``name``; a plain query is itself."""
    if not query.template.type:
        return query
    match = _match(query.template.regexp, name)
    values = {"name.full": name, "name.prefix": query.name, "name.suffix": name[len(query.name) :]}

    def fill(text: str) -> str:
        return _PLACE.sub(lambda place: _value(place, values, match), text)

    service = _mapped(query.service, fill)
    if query.template.remove_empty_tags:
        service = service.model_copy(update={"tags": tuple(tag for tag in service.tags if tag)})
    return query.model_copy(update={"service": service})


def _match(regexp: str, name: str) -> Any:
    """A pattern that a restored snapshot brought may never have been checked: what is none matches nothing."""
    try:
        return found(regexp, name) if regexp else None
    except BadPattern:
        return None


def _value(place: re.Match[str], values: dict[str, str], match: Any) -> str:
    if place[0] == "$${":
        return "${"
    name = place[1].strip()
    group = _MATCH.fullmatch(name)
    if group is None:
        return values[name]
    number = int(group[1])
    if match is None or number > match.re.groups:
        return ""
    return match[number] or ""


def _check_text(text: str) -> str:
    for place in _PLACE.finditer(text):
        if place[0] == "$${":
            continue
        if place[1] is None:
            raise BadTemplate(f"Bad format '{text}': expected closing }}")
        name = place[1].strip()
        if name not in _NAMES and not _MATCH.fullmatch(name):
            raise BadTemplate(f"Bad format '{text}': unknown variable accessed: {name}")
    return text


def _mapped(service: ServiceQuery, change: Callable[[str], str]) -> ServiceQuery:
    """The same with every text changed: texts, lists of them, values of maps."""
    update: dict[str, Any] = {}
    for name, value in vars(service).items():
        if isinstance(value, str):
            update[name] = change(value)
        elif isinstance(value, tuple):
            update[name] = tuple(change(text) for text in value)
        elif isinstance(value, dict):
            update[name] = FrozenMap({key: change(text) for key, text in value.items()})
    failover = service.failover
    datacenters = tuple(change(dc) for dc in failover.datacenters)
    targets = tuple(target.model_copy(update={"datacenter": change(target.datacenter)}) for target in failover.targets)
    update["failover"] = failover.model_copy(update={"datacenters": datacenters, "targets": targets})
    return service.model_copy(update=update)
