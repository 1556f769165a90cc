"""Secrets: they stand in no log, and how far two agree is told by no clock."""

from __future__ import annotations

import hmac
import re
from typing import Annotated
from urllib.parse import unquote_plus

from pydantic import Field

HIDDEN = "<hidden>"
Secret = Annotated[str, Field(repr=False)]
"""A token, a password."""
Opaque = Annotated[bytes, Field(repr=False)]
"""Packed commands and the like, which may hold secrets."""


def is_same(given: str, secret: str) -> bool:
    """Whether they are equal, in a time that depends on their lengths alone."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), secret.encode(errors="surrogatepass"))


def without_password(url: str) -> str:
    """The URL with ``***`` for the password before its host, as errors of Go's clients have it."""
    return re.sub(r"^(\w[\w+.-]*://[^/?#@:]*):[^/?#]*@", r"\1:***@", url)


def without_token(target: str) -> str:
    """The target of a request without the value of ``?token=``, however that name is escaped."""
    path, mark, query = target.partition("?")
    return path + mark + "&".join(map(_hidden, query.split("&")))


def _hidden(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}={HIDDEN}" if equals and unquote_plus(name).lower() == "token" else parameter
