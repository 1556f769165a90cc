"""``lictor acl templated-policy list|read|preview``: policies that need only a name."""

from __future__ import annotations

import json

from cyclopts import App

from lictor_deploy.cli.acl_shown import Shown, show
from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure

app = App(name="templated-policy", help="Show templated policies. Example: lictor acl templated-policy list")


@app.command(name="list")
def list_all(*, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show the names of all of them.

    Example: lictor acl templated-policy list

    Parameters
    ----------
    format
        pretty for people, or json.
    """
    found = expect(reach.api().get("/v1/acl/templated-policies")).fields()
    print(json.dumps(found, indent=4) if format == "json" else "\n".join(sorted(found)))


@app.command
def read(*, name: str, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show one, with the variables that it takes.

    Example: lictor acl templated-policy read -name=builtin/service

    Parameters
    ----------
    name
        Its name.
    format
        pretty for people, or json.
    """
    row = expect(reach.api().get(f"/v1/acl/templated-policy/name/{escaped(name)}")).fields()
    if format == "json":
        print(json.dumps(row, indent=4))
        return
    takes = "Name: String - Required" if row["Schema"] else "None"
    print(f"Name:            {row['TemplateName']}\nDescription:     {row['Description']}")
    print(f"Input variables: {takes}\nRaw Template:\n{row['Template']}")


@app.command
def preview(*, name: str, var: tuple[str, ...] = (), format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show the policy that it comes to.

    Example: lictor acl templated-policy preview -name=builtin/service -var=name:web

    Parameters
    ----------
    name
        Its name.
    var
        A variable, as NAME:VALUE; may be given several times.
    format
        pretty for people, or json.
    """
    body = json.dumps(dict(_variable(text) for text in var)).encode()
    show(
        expect(reach.api().ask("POST", f"/v1/acl/templated-policy/preview/{escaped(name)}", {}, body)).fields(), format
    )


def _variable(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise Failure(f"-var {text!r} is to be NAME:VALUE, such as name:web.")
    return name.capitalize(), value
