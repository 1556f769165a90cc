"""What tokens and roles bear: links to policies and roles, by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from lictor_messages import acl as m
from lictor_messages.refusals import Refused
from lictor_messages.secret import is_same

B = TypeVar("B", m.AclToken, m.AclRole)


def linked(
    noun: str,
    given: Iterable[m.AclLink],
    by_id: Callable[[str], object | None],
    id_of: Callable[[str], str | None],
) -> tuple[m.AclLink, ...] | Refused:
    """By id, each once; what is named in another way is found."""
    links: dict[m.AclLink, None] = {}
    for link in given:
        found = link.id or id_of(link.name) or ""
        if by_id(found) is None:
            named = f"ID {link.id!r}" if link.id else f"name {link.name!r}"
            return invalid(f"No such ACL {noun} with {named}")
        links[m.AclLink(id=found)] = None
    return tuple(links)


def without(bearer: B, field: str, link: m.AclLink) -> B:
    """The same, bearing this no more."""
    return bearer.model_copy(update={field: tuple(each for each in getattr(bearer, field) if each != link)})


def changed_for_good(token: m.AclToken, old: m.AclToken) -> str:
    """What may not be changed of a token and differs, "" if nothing does."""
    if token.secret_id and not is_same(token.secret_id, old.secret_id):
        return "Changing a token's SecretID is not permitted"
    if token.local != old.local:
        return f"Cannot toggle local mode of {old.accessor_id}"
    if token.expiration_ns and token.expiration_ns != old.expiration_ns:
        return f"Cannot change expiration time of {old.accessor_id}"
    if token.auth_method not in ("", old.auth_method):
        return f"Cannot change AuthMethod of {old.accessor_id}"
    return ""


def forget_name(ids: dict[str, str], row: m.AclPolicy | m.AclRole | None) -> None:
    """It has its name no more; one that has taken the name over keeps it."""
    if row is not None and ids.get(row.name) == row.id:
        del ids[row.name]


def invalid(text: str) -> Refused:
    """In Consul's words, and its status."""
    return Refused(code="Invalid", text=text)
