"""Whether an asker has what a request needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lictor_actors.store.acl.sight import Sight
from lictor_actors.store.guard import Need
from lictor_messages.refusals import Refused

Names = Mapping[str, Callable[[str], str | None]]
"""By resource: from the id of a row to the name that rules have for it."""


def objection(needs: Iterable[Need], sight: Sight, names: Names, *, lists: bool = False) -> Refused | None:
    """Why the request is refused, None if it is not. ``lists``: whether ``key:list`` counts for more than reading."""
    for need in needs:
        if need.level == "list" and not lists:
            continue
        refused = _lacks(need, sight, names)
        if refused is not None and not any(_lacks(other, sight, names) is None for other in need.instead):
            return refused
    return None


def _lacks(need: Need, sight: Sight, names: Names) -> Refused | None:
    resource, level, segment, extent, _ = need
    if extent == "rows":
        return None
    if extent == "prefix":
        return (
            None if sight.authorizer.allows_below(resource, level, segment) else sight.denied(resource, level, segment)
        )
    found: str | None = segment
    if extent == "check":
        found = names["check"](segment)
        if found == "":
            resource, found = "node", segment.partition("/")[0]
    elif extent == "stored":
        found = names[resource](segment)
    elif extent == "unknown":
        found = segment if names[resource](segment) is None else None
    return None if found is None or sight.sees(resource, level, found) else sight.denied(resource, level, found)
