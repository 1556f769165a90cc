"""What a client shows an agent, and which authorities it believes: a token, and the files of TLS.

They are said as arguments, or as the environment variables of the commands, over which an argument wins.
"""

from __future__ import annotations

import os
from ssl import CERT_NONE, SSLContext
from typing import TypedDict

from lictor_actors.client.errors import InvalidArgument

DOOR_URL = "tcp://127.0.0.1:8304"


class AccessOptions(TypedDict, total=False):
    """Options of a client; paths are of files in PEM."""

    token: str
    """Of access control, sent with every request; "" for none."""
    ca: str
    """Certificates of the authorities that are believed instead of the system's."""
    cert: str
    """What to show an agent that asks for a certificate, with its ``key``."""
    key: str
    server_name: str
    """The name that the agent's certificate is to bear, if not that of its address."""
    verify: bool
    """False: any certificate of the agent is believed, which protects from listeners and from no one else."""
    auth: str
    """``NAME:PASSWORD`` for a proxy in front of an HTTP address."""
    plain_token: bool
    """Send the token over the bus to another machine without TLS too, where others can read it."""


VARIABLES = {
    "token": "CONSUL_HTTP_TOKEN",
    "ca": "CONSUL_CACERT",
    "cert": "CONSUL_CLIENT_CERT",
    "key": "CONSUL_CLIENT_KEY",
    "server_name": "CONSUL_TLS_SERVER_NAME",
    "auth": "CONSUL_HTTP_AUTH",
}
TOKEN_FILE, VERIFY, SECURE = "CONSUL_HTTP_TOKEN_FILE", "CONSUL_HTTP_SSL_VERIFY", "CONSUL_HTTP_SSL"
TRUE, FALSE = ("1", "t", "true"), ("0", "f", "false")
"""Go's spellings, in any case."""

FILES = {"ca_file": "ca", "cert_file": "cert", "key_file": "key"}
"""Options by the fields of ``TlsFiles``."""


def or_environment(access: AccessOptions) -> AccessOptions:
    """What was not given is what the environment says; of the token its file before the text, as for the commands.

    Raises InvalidArgument for a file that cannot be read and for a switch that is neither true nor false.
    """
    said: dict[str, object] = {
        name: os.environ[variable] for name, variable in VARIABLES.items() if os.environ.get(variable)
    }
    if (file := os.environ.get(TOKEN_FILE)) and "token" not in access:
        said["token"] = _token_in(file)
    said["verify"] = _switch(VERIFY, default=True)
    return AccessOptions(**{**said, **access})  # type: ignore[typeddict-item]  # the names are its own


def _token_in(file: str) -> str:
    try:
        with open(file, encoding="utf-8") as opened:
            return opened.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{TOKEN_FILE}: cannot read {file}: {error}") from None


def _switch(variable: str, *, default: bool) -> bool:
    value = os.environ.get(variable, "")
    if value.lower() not in (*TRUE, *FALSE, ""):
        raise InvalidArgument(f"{variable}={value} is neither true nor false: set it to one of them, or unset it")
    return value.lower() in TRUE if value else default


def default_url() -> str:
    """CONSUL_HTTP_ADDR, else the bus of this machine's agent."""
    where = os.environ.get("CONSUL_HTTP_ADDR", "")
    if not where or "://" in where:
        return where or DOOR_URL
    return f"{'https' if _switch(SECURE, default=False) else 'http'}://{where}"


def trust_of(access: AccessOptions) -> SSLContext:
    """A context of TLS; raises InvalidArgument for files that are of no use."""
    from lictor_actors.bus.tls import TlsFiles, UnusableFile, client_context

    ca, cert, key = access.get("ca", ""), access.get("cert", ""), access.get("key", "")
    if bool(cert) != bool(key):
        raise InvalidArgument("cert (CONSUL_CLIENT_CERT) and key (CONSUL_CLIENT_KEY) go together: give both, or none")
    files = TlsFiles(ca, "" if ca else os.environ.get("CONSUL_CAPATH", ""), cert, key)
    try:
        context = client_context(files)
    except UnusableFile as trouble:
        raise InvalidArgument(f"{FILES.get(trouble.key, 'CONSUL_CAPATH')}: cannot use {trouble}") from None
    context.check_hostname = access.get("verify", True)
    if not context.check_hostname:
        context.verify_mode = CERT_NONE
    return context
