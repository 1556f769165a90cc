"""The token of an HTTP request."""

from __future__ import annotations

from urllib.parse import parse_qsl

from lictor_messages.web import HttpAsked


def token_of(asked: HttpAsked) -> str:
    """``?token=``, else the header X-Consul-Token, else ``Authorization: Bearer``; "" if it shows none."""
    query = asked.target.partition("?")[2]
    if "token" in query:
        given = next((value for name, value in parse_qsl(query, keep_blank_values=True) if name == "token"), "")
        if given:
            return given
    headers = dict(reversed(asked.headers))
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return headers.get("x-consul-token", "") or (bearer.strip() if scheme.lower() == "bearer" else "")
