"""Secrets: they stand in no log, and how far two agree is told by no clock."""

from __future__ import annotations

import hmac
import re
from typing import Annotated

from pydantic import Field

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
