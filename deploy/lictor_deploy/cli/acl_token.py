"""``lictor acl token create|read|list|clone|delete``; ``update`` is in ``acl_update``."""

from __future__ import annotations

import json
from typing import Annotated, Any

from cyclopts import App, Parameter

from lictor_deploy.cli.acl_flags import NOTHING, Borne, Several, links
from lictor_deploy.cli.acl_shown import Shown, show, show_all
from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure

app = App(name="token", help="Make, show and revoke tokens. Example: lictor acl token list")
UPDATE_HELP = """Change a token; its secret stays.

Example: lictor acl token update -accessor-id=0a1b2c3d-0000-4000-8000-000000000001 -policy-name=web -merge-policies
"""
app.command("lictor_deploy.cli.acl_update:update_token", name="update", help=UPDATE_HELP)


@app.command
def create(
    *,
    description: str = "",
    role_name: Several = (),
    role_id: Several = (),
    expires_ttl: str = "",
    borne: Borne = NOTHING,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Make a token and show it, its secret too.

    Example: lictor acl token create -description=web -policy-name=web

    Parameters
    ----------
    description
        A text for people.
    role_name
        A role that it bears, by its name; may be given several times.
    role_id
        The same by its id.
    expires_ttl
        It expires after so long: 1m to 24h. Default: never.
    format
        pretty for people, or json.
    """
    roles = links(role_name, role_id)
    body: dict[str, Any] = {"Description": description, **borne.fields(), **({"Roles": roles} if roles else {})}
    if expires_ttl:
        body["ExpirationTTL"] = expires_ttl
    show(expect(reach.api().put("/v1/acl/token", json.dumps(body).encode())).fields(), format)


@app.command
def read(
    *,
    accessor_id: str = "",
    self: Annotated[bool, Parameter(name="self", negative=())] = False,
    expanded: Annotated[bool, Parameter(negative=())] = False,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Show one token.

    Example: lictor acl token read -self

    Parameters
    ----------
    accessor_id
        Its accessor.
    self
        The token by which this is asked.
    expanded
        With all policies and roles that its rights come from.
    format
        pretty for people, or json.
    """
    if bool(accessor_id) == self:
        raise Failure("Give either -accessor-id or -self.")
    path = f"/v1/acl/token/{'self' if self else escaped(accessor_id)}"
    show(expect(reach.api().get(path, **({"expanded": "true"} if expanded else {}))).fields(), format)


@app.command(name="list")
def list_tokens(*, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show all tokens.

    Example: lictor acl token list

    Parameters
    ----------
    format
        pretty for people, or json.
    """
    show_all(expect(reach.api().get("/v1/acl/tokens")).rows(), format)


@app.command
def clone(*, accessor_id: str, description: str = "", format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Make another token that may do the same.

    Example: lictor acl token clone -accessor-id=0a1b2c3d-0000-4000-8000-000000000001

    Parameters
    ----------
    accessor_id
        The accessor of the token that is to be cloned.
    description
        A text for people. Default: the same.
    format
        pretty for people, or json.
    """
    body = json.dumps({"Description": description}).encode()
    show(expect(reach.api().put(f"/v1/acl/token/{escaped(accessor_id)}/clone", body)).fields(), format)


@app.command
def delete(*, accessor_id: str, reach: Reach = DEFAULT_REACH) -> None:
    """Revoke a token.

    Example: lictor acl token delete -accessor-id=0a1b2c3d-0000-4000-8000-000000000001

    Parameters
    ----------
    accessor_id
        Its accessor.
    """
    expect(reach.api().delete(f"/v1/acl/token/{escaped(accessor_id)}"))
    print(f'Token "{accessor_id}" deleted successfully')
