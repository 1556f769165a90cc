"""The flags that every client command takes, and the connection that they describe."""

from __future__ import annotations

from dataclasses import dataclass

from cyclopts import Parameter

from lictor_deploy.cli import environment
from lictor_deploy.cli.http_api import HttpApi
from lictor_deploy.cli.tls import TlsFlags


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
    ca_file: str = ""
    """With https: file of the authorities to trust. Default: $CONSUL_CACERT, else the system's."""
    ca_path: str = ""
    """With https: directory of such files. Default: $CONSUL_CAPATH."""
    client_cert: str = ""
    """With https: file of the certificate to show. Default: $CONSUL_CLIENT_CERT."""
    client_key: str = ""
    """With https: file of its key. Default: $CONSUL_CLIENT_KEY."""
    tls_server_name: str = ""
    """With https: name to expect in the agent's certificate. Default: $CONSUL_TLS_SERVER_NAME, else the address's."""
    namespace: str = ""
    """Namespace of Consul Enterprise: only default. Default: $CONSUL_NAMESPACE."""
    partition: str = ""
    """Partition of Consul Enterprise: only default. Default: $CONSUL_PARTITION."""

    def api(self) -> HttpApi:
        """The connection. Raises Failure for an address, a file or a variable that is of no use."""
        return HttpApi(
            environment.address(self.http_addr),
            headers=environment.headers(self.token, self.token_file),
            always=self.always(),
            tls=TlsFlags(self.ca_file, self.ca_path, self.client_cert, self.client_key, self.tls_server_name),
        )

    def always(self) -> dict[str, str]:
        """Parameters of every request."""
        tenancy = {
            "ns": environment.variable("CONSUL_NAMESPACE", self.namespace),
            "partition": environment.variable("CONSUL_PARTITION", self.partition),
        }
        given = {name: value for name, value in {"dc": self.datacenter, **tenancy}.items() if value}
        return given | ({"stale": ""} if self.stale else {})


DEFAULT_REACH = Reach()
