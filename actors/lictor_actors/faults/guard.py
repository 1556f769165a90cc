"""Who may break a cluster over HTTP: those who know its token.

An address proves nothing: other users of a machine come from it too, and so does a page in the browser of one of them.
"""

from __future__ import annotations

from lictor_messages.secret import is_same
from lictor_messages.web import HttpAsked

NO_TOKEN = "Faults are taken only with a token: send it in the header X-Consul-Token. {whence}"


def objection(asked: HttpAsked, token: str, whence: str) -> str:
    """Why this request is not listened to, "" if it is. ``whence`` says where the token is to be had."""
    given = _given(dict(asked.headers))
    if token and is_same(given, token):
        return ""
    return NO_TOKEN.format(whence=whence).strip()


def _given(headers: dict[str, str]) -> str:
    return headers.get("x-consul-token") or headers.get("authorization", "").removeprefix("Bearer ")
