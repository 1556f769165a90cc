"""``lictor acl``: the first token, the agent's tokens; tokens, policies and roles have files of their own."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from lictor_deploy.cli.acl_shown import Shown, show
from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach

AgentToken = Literal["default", "agent", "recovery", "replication", "config_file_service_registration", "dns"]

app = App(name="acl", help="Say who may do what. Example: lictor acl token list")
app.command("lictor_deploy.cli.acl_token:app", name="token", help="Make, show and revoke tokens.")
app.command("lictor_deploy.cli.acl_borne:policy", name="policy", help="Make, show and delete policies.")
app.command("lictor_deploy.cli.acl_templated:app", name="templated-policy", help="Show templated policies.")
app.command("lictor_deploy.cli.acl_borne:role", name="role", help="Make, show and delete roles.")
app.command(
    "lictor_deploy.cli.acl_auth_method:app", name="auth-method", help="Say whose tokens are taken at the login."
)
app.command("lictor_deploy.cli.acl_binding_rule:app", name="binding-rule", help="Say what a login is worth.")


@app.command
def bootstrap(*, format: Shown = "pretty", reach: Reach = DEFAULT_REACH) -> None:
    """Make the first token, which may do everything; only once.

    Example: lictor acl bootstrap

    Parameters
    ----------
    format
        pretty for people, or json.
    """
    show(expect(reach.api().put("/v1/acl/bootstrap")).fields(), format)


@app.command(name="set-agent-token")
def set_agent_token(
    kind: AgentToken,
    token: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Give the agent a token.

    Example: lictor acl set-agent-token default 0a1b2c3d-0000-4000-8000-000000000001

    Parameters
    ----------
    kind
        default (for requests that show none), agent (for its own writes), recovery, dns,
        config_file_service_registration (for services and checks of its files), replication (for servers of
        secondary datacenters).
    token
        The token's secret; - reads it from standard input, so that no user of this machine sees it in a list of
        processes.
    """
    name = {"recovery": "agent_recovery"}.get(kind, kind)
    body: dict[str, Any] = {"Token": sys.stdin.readline().strip() if token == "-" else token}
    expect(reach.api().put(f"/v1/agent/token/{escaped(name)}", json.dumps(body).encode()))
    print(f'ACL token "{kind}" set successfully')
