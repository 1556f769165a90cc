"""``lictor acl auth-method create|read|update|delete|list``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import App, Parameter

from lictor_deploy.cli.acl_flags import text_of
from lictor_deploy.cli.acl_shown import Shown
from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure

app = App(name="auth-method", help="Say whose tokens are taken at the login. Example: lictor acl auth-method list")
Flag = Annotated[bool, Parameter(negative=())]
LINES = {"Type": "Type", "DisplayName": "DisplayName", "Description": "Description", "MaxTokenTTL": "MaxTokenTTL"}
META = {"CreateIndex": "Create Index", "ModifyIndex": "Modify Index"}


@Parameter(name="*")
@dataclass(frozen=True)
class MethodFlags:
    """What an auth method says."""

    config: str = ""
    """Its configuration as JSON, @FILE, or - for standard input."""
    display_name: str = ""
    """A name for people."""
    description: str = ""
    """A text for people."""
    max_token_ttl: str = ""
    """How long a token lasts that comes of a login: 1m to 24h. Default: until the logout."""
    token_locality: str = ""
    """local (the default) or global."""
    kubernetes_host: str = ""
    """https:// URL of the API server that knows the service accounts, for type kubernetes."""
    kubernetes_ca_cert: str = ""
    """PEM of the authority of its certificate, or @FILE. Default: the authorities of the machine."""
    kubernetes_service_account_jwt: str = ""
    """JWT of the service account by which it is asked, or @FILE."""

    def fields(self) -> dict[str, Any]:
        """Of a body, without empty ones. Raises Failure for a configuration that is no JSON, or is given twice."""
        if self.config and self._kubernetes():
            raise Failure("-config says all that flags with -kubernetes- say: give it or them.")
        fields = {
            "DisplayName": self.display_name,
            "Description": self.description,
            "MaxTokenTTL": self.max_token_ttl,
            "TokenLocality": self.token_locality,
            "Config": _config(self.config) if self.config else self._kubernetes(),
        }
        return {name: value for name, value in fields.items() if value}

    def _kubernetes(self) -> dict[str, str]:
        given = {
            "Host": self.kubernetes_host,
            "CACert": text_of("-kubernetes-ca-cert", self.kubernetes_ca_cert),
            "ServiceAccountJWT": text_of(
                "-kubernetes-service-account-jwt", self.kubernetes_service_account_jwt
            ).strip(),
        }
        return {name: value for name, value in given.items() if value}


NOTHING = MethodFlags()


@app.command
def create(
    *,
    name: str,
    type: str,
    method: MethodFlags = NOTHING,
    meta: Flag = False,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Make an auth method.

    Example: lictor acl auth-method create -name=ci -type=jwt -config=@ci.json

    Parameters
    ----------
    name
        Its name.
    type
        Its type: jwt or kubernetes.
    meta
        Show indexes too.
    format
        pretty for people, or json.
    """
    body = json.dumps({"Name": name, "Type": type, **method.fields()}).encode()
    _show(expect(reach.api().put("/v1/acl/auth-method", body)).fields(), meta, format)


@app.command
def update(
    *,
    name: str,
    method: MethodFlags = NOTHING,
    no_merge: Flag = False,
    meta: Flag = False,
    format: Shown = "pretty",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Change an auth method; what is not given stays as it is.

    Example: lictor acl auth-method update -name=ci -max-token-ttl=10m

    Parameters
    ----------
    name
        Its name.
    no_merge
        What is not given is emptied.
    meta
        Show indexes too.
    format
        pretty for people, or json.
    """
    path = f"/v1/acl/auth-method/{escaped(name)}"
    old = expect(reach.api().get(path)).fields()
    kept = ("Name", "Type") if no_merge else old.keys() - META.keys()
    body = {**{field: old[field] for field in kept}, **method.fields()}
    _show(expect(reach.api().put(path, json.dumps(body).encode())).fields(), meta, format)


@app.command
def read(*, name: str, meta: Flag = False, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show one auth method.

    Example: lictor acl auth-method read -name=ci

    Parameters
    ----------
    name
        Its name.
    meta
        Show indexes too.
    format
        pretty for people, or json.
    """
    _show(expect(reach.api().get(f"/v1/acl/auth-method/{escaped(name)}")).fields(), meta, format)


@app.command(name="list")
def list_methods(*, meta: Flag = False, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Show all auth methods.

    Example: lictor acl auth-method list

    Parameters
    ----------
    meta
        Show indexes too.
    format
        pretty for people, or json.
    """
    rows = expect(reach.api().get("/v1/acl/auth-methods")).rows()
    if format == "json":
        print(json.dumps(rows, indent=4))
        return
    for row in rows:
        print("\n".join([f"{row['Name']}:", *lines(row, LINES | (META if meta else {}), "   ")]))


@app.command
def delete(*, name: str, reach: Reach = DEFAULT_REACH) -> None:
    """Delete an auth method with its binding rules, and revoke all tokens that came of it.

    Example: lictor acl auth-method delete -name=ci

    Parameters
    ----------
    name
        Its name.
    """
    expect(reach.api().delete(f"/v1/acl/auth-method/{escaped(name)}"))
    print(f'Auth method "{name}" deleted successfully')


def lines(row: Mapping[str, Any], titles: Mapping[str, str], indent: str = "") -> list[str]:
    """A line a field, those without a value but for descriptions left out."""
    shown = ((title, row.get(name, "")) for name, title in titles.items() if row.get(name) or name == "Description")
    return [f"{indent}{title + ':':<14}{value}".rstrip() for title, value in shown]


def _show(row: dict[str, Any], meta: bool, format: Shown) -> None:
    if format == "json":
        print(json.dumps(row, indent=4))
        return
    shown = lines(row, {"Name": "Name"} | LINES | (META if meta else {}))
    print("\n".join([*shown, "Config:", json.dumps(row["Config"], indent=2)]))


def _config(given: str) -> Any:
    try:
        return json.loads(text_of("-config", given))
    except json.JSONDecodeError as error:
        raise Failure(f"-config is no JSON: {error}.") from error
