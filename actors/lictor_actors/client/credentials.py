"""What goes with a connection to the bus: a token, and TLS; and what does not go where others can read it."""

from __future__ import annotations

import ssl

from lictor_actors.bus.sp import endpoint_of
from lictor_actors.client.access import AccessOptions, or_environment, trust_of
from lictor_actors.client.errors import InvalidArgument
from lictor_messages.addresses import is_here

TLS = "tls+tcp://"
OF_TLS = ("ca", "cert", "key", "server_name", "verify")


class ChannelCredentials:
    """For a connection to ``url``. It has no ``repr`` that would show the token."""

    def __init__(self, url: str, access: AccessOptions) -> None:
        """Raises InvalidArgument for options that ``url`` does not take, and for a token that would go in clear."""
        known = or_environment(access)
        self.token = known.get("token", "")
        self.server_name = known.get("server_name", "")
        self.context: ssl.SSLContext | None = None
        """Of connections over TLS; None: they are plain."""
        if url.startswith(TLS):
            self.context = trust_of(known)
        elif access.keys() & set(OF_TLS):
            raise InvalidArgument(f"{', '.join(OF_TLS)} are for TLS, and {url} is without: write {TLS}HOST:8304")
        elif self.token and not (access.get("plain_token") or _stays_here(url)):
            raise InvalidArgument(
                f"the token would go to {url} in clear: write {TLS}HOST:8304, or pass plain_token=True on a network "
                'that you trust; token="" sends none, also where CONSUL_HTTP_TOKEN is set'
            )


def _stays_here(url: str) -> bool:
    """Whether nothing of it leaves this machine. What is no address is refused when it is dialled."""
    try:
        endpoint = endpoint_of(url)
    except ValueError:
        return True
    return bool(endpoint.path) or is_here(endpoint.host)
