"""``lictor acl policy|role create|read|list|delete``; ``update`` is in ``acl_update``."""

from __future__ import annotations

import json
from typing import Any

from cyclopts import App

from lictor_deploy.cli.acl_flags import NOTHING, Borne, Several, text_of
from lictor_deploy.cli.acl_shown import Shown, show, show_all
from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure

policy = App(name="policy", help="Make, show and delete policies. Example: lictor acl policy list")
role = App(name="role", help="Make, show and delete roles. Example: lictor acl role list")


@policy.command(name="create")
def create_policy(
    *,
    name: str,
    rules: str = "",
    description: str = "",
    valid_datacenter: Several = (),
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Make a policy.

    Example: lictor acl policy create -name=web -rules=@web.hcl

    Parameters
    ----------
    name
        Its name.
    rules
        Its rules in HCL or JSON, @FILE, or - for standard input.
    description
        A text for people.
    valid_datacenter
        A datacenter that it holds in; may be given several times. Default: all.
    format
        pretty for people, or json.
    """
    body: dict[str, Any] = {"Name": name, "Description": description, "Rules": text_of("-rules", rules)}
    if valid_datacenter:
        body["Datacenters"] = list(valid_datacenter)
    show(expect(reach.api().put("/v1/acl/policy", json.dumps(body).encode())).fields(), format)


@role.command(name="create")
def create_role(
    *,
    name: str,
    description: str = "",
    borne: Borne = NOTHING,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Make a role.

    Example: lictor acl role create -name=web -policy-name=web

    Parameters
    ----------
    name
        Its name.
    description
        A text for people.
    format
        pretty for people, or json.
    """
    body = {"Name": name, "Description": description, **borne.fields()}
    show(expect(reach.api().put("/v1/acl/role", json.dumps(body).encode())).fields(), format)


def _add_the_rest(app: App, noun: str, plural: str) -> None:
    """What is done with policies and roles alike."""

    def read(*, id: str = "", name: str = "", format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
        if bool(id) == bool(name):
            raise Failure("Give either -id or -name.")
        path = f"/v1/acl/{noun}/{escaped(id)}" if id else f"/v1/acl/{noun}/name/{escaped(name)}"
        show(expect(reach.api().get(path)).fields(), format)

    def list_all(*, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
        show_all(expect(reach.api().get(f"/v1/acl/{plural}")).rows(), format)

    def delete(*, id: str, reach: Reach = DEFAULT_REACH) -> None:
        expect(reach.api().delete(f"/v1/acl/{noun}/{escaped(id)}"))
        print(f'{noun.capitalize()} "{id}" deleted successfully')

    parameters = "\n\nParameters\n----------\n"
    shown = "format\n    pretty for people, or json.\n"
    example = f"\n\nExample: lictor acl {noun}"
    one = f"id\n    Its id.\nname\n    Its name.\n{shown}"
    read.__doc__ = f"Show one {noun}.{example} read -name=web{parameters}{one}"
    list_all.__doc__ = f"Show all {plural}.{example} list{parameters}{shown}"
    delete.__doc__ = (
        f"Delete a {noun}.{example} delete -id=0a1b2c3d-0000-4000-8000-000000000001{parameters}id\n    Its id.\n"
    )
    changing = f"Change a {noun}.{example} update -name=web -description=web"
    app.command(f"lictor_deploy.cli.acl_update:update_{noun}", name="update", help=changing)
    app.command(read, name="read")
    app.command(list_all, name="list")
    app.command(delete, name="delete")


_add_the_rest(policy, "policy", "policies")
_add_the_rest(role, "role", "roles")
