"""``lictor acl binding-rule create|read|update|delete|list``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cyclopts import App, Parameter

from lictor_deploy.cli.acl_auth_method import META, Flag, lines
from lictor_deploy.cli.acl_shown import Shown
from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure

app = App(name="binding-rule", help="Say what a login is worth. Example: lictor acl binding-rule list")
LINES = {
    "AuthMethod": "AuthMethod",
    "Description": "Description",
    "BindType": "BindType",
    "BindName": "BindName",
    "Selector": "Selector",
}


@Parameter(name="*")
@dataclass(frozen=True)
class RuleFlags:
    """What a binding rule says."""

    description: str = ""
    """A text for people."""
    bind_type: str = ""
    """What is bound: service, role, node, policy or templated-policy."""
    bind_name: str = ""
    """Its name, in which ${value.x} stands for a claim."""
    bind_vars: str = ""
    """Of a templated policy, as name=VALUE."""
    selector: str = ""
    """A filter over value.x and list.x. Default: every login."""

    def fields(self) -> dict[str, Any]:
        """Of a body, without empty ones. Raises Failure for variables that are none."""
        name, _, value = self.bind_vars.partition("=")
        if self.bind_vars and (name.lower() != "name" or not value):
            raise Failure("-bind-vars is to be name=VALUE, such as name=web-${value.team}.")
        fields = {
            "Description": self.description,
            "BindType": self.bind_type,
            "BindName": self.bind_name,
            "BindVars": {"Name": value} if value else {},
            "Selector": self.selector,
        }
        return {name: value for name, value in fields.items() if value}


NOTHING = RuleFlags()


@app.command
def create(
    *,
    method: str,
    rule: RuleFlags = NOTHING,
    meta: Flag = False,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Make a binding rule.

    Example: lictor acl binding-rule create -method=ci -bind-type=service -bind-name='web-${value.team}'

    Parameters
    ----------
    method
        The auth method whose logins it is about.
    meta
        Show indexes too.
    format
        pretty for people, or json.
    """
    body = json.dumps({"AuthMethod": method, **rule.fields()}).encode()
    _show(expect(reach.api().put("/v1/acl/binding-rule", body)).fields(), meta, format)


@app.command
def update(
    *,
    id: str,
    rule: RuleFlags = NOTHING,
    no_merge: Flag = False,
    meta: Flag = False,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Change a binding rule; what is not given stays as it is.

    Example: lictor acl binding-rule update -id=0a1b2c3d-0000-4000-8000-000000000001 -selector='value.team == shop'

    Parameters
    ----------
    id
        Its id.
    no_merge
        What is not given is emptied.
    meta
        Show indexes too.
    format
        pretty for people, or json.
    """
    path = f"/v1/acl/binding-rule/{escaped(id)}"
    old = {} if no_merge else expect(reach.api().get(path)).fields()
    body = {**{name: value for name, value in old.items() if name not in META}, **rule.fields()}
    _show(expect(reach.api().put(path, json.dumps(body).encode())).fields(), meta, format)


@app.command
def read(*, id: str, meta: Flag = False, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show one binding rule.

    Example: lictor acl binding-rule read -id=0a1b2c3d-0000-4000-8000-000000000001

    Parameters
    ----------
    id
        Its id.
    meta
        Show indexes too.
    format
        pretty for people, or json.
    """
    _show(expect(reach.api().get(f"/v1/acl/binding-rule/{escaped(id)}")).fields(), meta, format)


@app.command(name="list")
def list_rules(*, method: str = "", meta: Flag = False, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show all binding rules, or those of one auth method.

    Example: lictor acl binding-rule list -method=ci

    Parameters
    ----------
    method
        The auth method. Default: all.
    meta
        Show indexes too.
    format
        pretty for people, or json.
    """
    only = {"authmethod": method} if method else {}
    rows = expect(reach.api().get("/v1/acl/binding-rules", **only)).rows()
    if format == "json":
        print(json.dumps(rows, indent=4))
        return
    for row in rows:
        print("\n".join([f"{row['ID']}:", *lines(row, LINES | (META if meta else {}), "   ")]))


@app.command
def delete(*, id: str, reach: Reach = DEFAULT_REACH) -> None:
    """Delete a binding rule; tokens that came of it stay.

    Example: lictor acl binding-rule delete -id=0a1b2c3d-0000-4000-8000-000000000001

    Parameters
    ----------
    id
        Its id.
    """
    expect(reach.api().delete(f"/v1/acl/binding-rule/{escaped(id)}"))
    print(f'Binding rule "{id}" deleted successfully')


def _show(row: dict[str, Any], meta: bool, format: Shown) -> None:
    titles = {"ID": "ID"} | LINES | (META if meta else {})
    print(json.dumps(row, indent=4) if format == "json" else "\n".join(lines(row, titles)))
