"""``lictor acl token|policy|role update``: what is not given stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from lictor_deploy.cli.acl_flags import NOTHING, Borne, Several, links, text_of
from lictor_deploy.cli.acl_shown import Shown, show
from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure

Merge = Annotated[bool, Parameter(negative=())]


@Parameter(name="*")
@dataclass(frozen=True)
class Merged:
    """What is added to what there is, instead of taking its place."""

    merge_policies: Merge = False
    """Add the policies that are given to those that it bears."""
    merge_service_identities: Merge = False
    """The same of identities of services."""
    merge_node_identities: Merge = False
    """The same of identities of nodes."""

    def of(self, old: Mapping[str, Any], given: Mapping[str, Any], *, roles: bool = False) -> dict[str, Any]:
        """The body: the row as it is, with what was given."""
        adds = {
            "Policies": self.merge_policies,
            "Roles": roles,
            "ServiceIdentities": self.merge_service_identities,
            "NodeIdentities": self.merge_node_identities,
        }
        return {**old, **{name: [*old.get(name, ()), *new] if adds.get(name) else new for name, new in given.items()}}


REPLACED = Merged()


def update_token(
    *,
    accessor_id: str,
    description: str | None = None,
    role_name: Several = (),
    role_id: Several = (),
    merge_roles: Merge = False,
    borne: Borne = NOTHING,
    merged: Merged = REPLACED,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Change a token; its secret stays.

    Example: lictor acl token update -accessor-id=0a1b2c3d-0000-4000-8000-000000000001 -policy-name=web -merge-policies

    Parameters
    ----------
    accessor_id
        Its accessor.
    description
        A text for people.
    role_name
        A role that it bears, by its name; may be given several times.
    role_id
        The same by its id.
    merge_roles
        Add the roles that are given to those that it bears.
    format
        pretty for people, or json.
    """
    roles = links(role_name, role_id)
    given = {**_texts(Description=description), **borne.fields(), **({"Roles": roles} if roles else {})}
    path, api = f"/v1/acl/token/{escaped(accessor_id)}", reach.api()
    body = merged.of(expect(api.get(path)).fields(), given, roles=merge_roles)
    show(expect(api.put(path, json.dumps(body).encode())).fields(), format)


def update_policy(
    *,
    id: str = "",
    name: str = "",
    description: str | None = None,
    rules: str | None = None,
    valid_datacenter: Several = (),
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Change a policy.

    Example: lictor acl policy update -name=web -description=web

    Parameters
    ----------
    id
        Its id.
    name
        Its name; with -id the name that it gets.
    description
        A text for people.
    rules
        Its rules in HCL or JSON, @FILE, or - for standard input.
    valid_datacenter
        A datacenter that it holds in; may be given several times.
    format
        pretty for people, or json.
    """
    given: dict[str, Any] = _texts(Description=description, Rules=None if rules is None else text_of("-rules", rules))
    if valid_datacenter:
        given["Datacenters"] = list(valid_datacenter)
    _update("policy", id, name, given, format, reach)


def update_role(
    *,
    id: str = "",
    name: str = "",
    description: str | None = None,
    borne: Borne = NOTHING,
    merged: Merged = REPLACED,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Change a role.

    Example: lictor acl role update -name=web -description=web

    Parameters
    ----------
    id
        Its id.
    name
        Its name; with -id the name that it gets.
    description
        A text for people.
    format
        pretty for people, or json.
    """
    _update("role", id, name, {**_texts(Description=description), **borne.fields()}, format, reach, merged)


def _update(
    noun: str, id: str, name: str, given: dict[str, Any], format: Shown, reach: Reach, merged: Merged = REPLACED
) -> None:
    """Read one, change it, write it back."""
    if not (id or name):
        raise Failure("Give -id or -name.")
    path, api = f"/v1/acl/{noun}", reach.api()
    old = expect(api.get(f"{path}/{escaped(id)}" if id else f"{path}/name/{escaped(name)}")).fields()
    body = merged.of(old, {**given, **_texts(Name=name or None)})
    show(expect(api.put(f"{path}/{escaped(old['ID'])}", json.dumps(body).encode())).fields(), format)


def _texts(**given: str | None) -> dict[str, Any]:
    """Those that were given, "" among them."""
    return {name: text for name, text in given.items() if text is not None}
