"""The flags that every client command takes, and the connection that they describe."""

from __future__ import annotations

from dataclasses import dataclass

from cyclopts import Parameter

from lictor_deploy.cli.http_api import HttpApi, api_from


@Parameter(name="*")
@dataclass(frozen=True)
class Reach:
    """Which agent a command talks to, and how."""

    http_addr: str = ""
    """HOST:PORT, :PORT, http[s]://HOST:PORT/PATH or unix:///path. Default: $CONSUL_HTTP_ADDR, else 127.0.0.1:8500."""
    token: str = ""
    """ACL token. Default: $CONSUL_HTTP_TOKEN."""
    token_file: str = ""
    """File that holds the ACL token. Default: $CONSUL_HTTP_TOKEN_FILE."""
    datacenter: str = ""
    """Datacenter to ask. Default: the agent's own."""
    stale: bool = False
    """Let any server answer, not only the leader."""

    def api(self) -> HttpApi:
        """The connection."""
        return api_from(self.http_addr, self.token, self.token_file, self.datacenter, self.stale)


DEFAULT_REACH = Reach()
