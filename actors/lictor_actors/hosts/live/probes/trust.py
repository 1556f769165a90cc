"""What a check trusts over TLS: the authorities of this machine, read once, or any certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache

Trust = Callable[..., ssl.SSLContext]
"""Called as ``trust`` is."""


@cache
def trust(verify: bool, *protocols: str) -> ssl.SSLContext:
    """``protocols`` are offered by ALPN."""
    if verify:
        context = ssl.create_default_context()
        context.check_hostname = False  # the dial compares names itself, with Go's words
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(protocols)
    return context
