"""How a client shows who it is to an agent, and which agents it believes: a token, and certificates."""

from __future__ import annotations

import os
import ssl
from typing import TypedDict

from lictor_actors.bus.sp import endpoint_of
from lictor_actors.bus.tls import TlsFiles, UnusableFile, client_context
from lictor_actors.client.errors import InvalidArgument
from lictor_messages.addresses import is_here

TLS = "tls+tcp://"
ARGUMENTS = {"ca_file": "ca", "cert_file": "cert", "key_file": "key"}


class ClientSecurity(TypedDict, total=False):
    """Arguments of both clients beside address and times. What is left out is what Consul's variables say."""

    token: str | None
    """Goes with each request (CONSUL_HTTP_TOKEN); "" for none."""
    ca: str
    """File of the authorities to believe, in PEM (CONSUL_CACERT); else the machine's."""
    cert: str
    """File of the own certificate, for agents that demand one (CONSUL_CLIENT_CERT)."""
    key: str
    """File of its key (CONSUL_CLIENT_KEY)."""
    server_name: str
    """The name in the agent's certificate (CONSUL_TLS_SERVER_NAME); else the host of the address."""
    plain_token: bool
    """Send the token to another machine without TLS too, where others can read it."""


class ChannelCredentials:
    """What goes with a connection to ``url``. It has no ``repr`` that would show the token."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        ca: str = "",
        cert: str = "",
        key: str = "",
        server_name: str = "",
        plain_token: bool = False,
    ) -> None:
        """See ``ClientSecurity``; raises InvalidArgument."""
        self.token = os.environ.get("CONSUL_HTTP_TOKEN", "") if token is None else token
        self.context: ssl.SSLContext | None = None
        """Of connections over TLS; None: they are plain."""
        self.server_name = server_name or os.environ.get("CONSUL_TLS_SERVER_NAME", "")
        if url.startswith(TLS):
            self.context = _context(ca, cert, key)
        elif ca or cert or key or server_name:
            raise InvalidArgument(
                f"ca, cert, key and server_name are for TLS, and {url} is without: write {TLS}HOST:8304"
            )
        elif self.token and not (plain_token or _stays_here(url)):
            raise InvalidArgument(
                f"the token would go to {url} in clear: write {TLS}HOST:8304, or pass plain_token=True on a network "
                'that you trust; token="" sends none, also where CONSUL_HTTP_TOKEN is set'
            )


def _context(ca: str, cert: str, key: str) -> ssl.SSLContext:
    said = os.environ.get
    files = TlsFiles(
        ca_file=ca or said("CONSUL_CACERT", ""),
        ca_path="" if ca else said("CONSUL_CAPATH", ""),
        cert_file=cert or said("CONSUL_CLIENT_CERT", ""),
        key_file=key or said("CONSUL_CLIENT_KEY", ""),
    )
    if bool(files.cert_file) != bool(files.key_file):
        raise InvalidArgument("cert (CONSUL_CLIENT_CERT) and key (CONSUL_CLIENT_KEY) go together: give both, or none")
    try:
        made = client_context(files)
    except UnusableFile as trouble:
        raise InvalidArgument(f"{ARGUMENTS.get(trouble.key, 'CONSUL_CAPATH')}: cannot use {trouble}") from None
    made.check_hostname = True
    return made


def _stays_here(url: str) -> bool:
    """Whether nothing of it leaves this machine. What is no address is refused when it is dialled."""
    try:
        endpoint = endpoint_of(url)
    except ValueError:
        return True
    return bool(endpoint.path) or is_here(endpoint.host)
